import { describe, expect, test } from 'vitest';
import type { Problem } from '#shared/errors/problem.ts';
import { ProblemLog } from '../../../proxy/subscribe/problem-log.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';

function problem(message: string, changes: Partial<Problem> = {}): Problem {
  const subject = { kind: 'HTTPEndpoint', namespace: '', name: 'github', location: 'a.yaml:1' };
  return { subject, reason: 'SecretNotFound', message, severity: 'error', ...changes };
}

function start(): { readonly log: ProblemLog; readonly said: () => readonly string[] } {
  const lines: LogLine[] = [];
  return {
    log: new ProblemLog(memoryLogger(lines)),
    said: () =>
      lines.splice(0).map(({ level, message, fields }) => `${level}: ${message}: ${String(fields['problem'])}`),
  };
}

describe('ProblemLog', () => {
  test('says a problem once, with its facts as fields', () => {
    const lines: LogLine[] = [];
    const log = new ProblemLog(memoryLogger(lines));
    log.report([problem('no secret')]);
    log.report([problem('no secret')]);
    expect(lines).toEqual([
      {
        level: 'error',
        message: 'a resource has a problem',
        fields: {
          reason: 'SecretNotFound',
          problem: 'no secret',
          kind: 'HTTPEndpoint',
          name: 'github',
          location: 'a.yaml:1',
        },
      },
    ]);
  });

  test('says it again when it changed, and when it came back', () => {
    const { log, said } = start();
    log.report([problem('one')]);
    log.report([problem('two')]);
    log.report([]);
    log.report([problem('two')]);
    expect(said()).toEqual([
      'error: a resource has a problem: one',
      'error: a resource has a problem: two',
      'info: a problem of a resource is over: one',
      'info: a problem of a resource is over: two',
      'error: a resource has a problem: two',
    ]);
  });

  test('does not say it again when its document only moved', () => {
    const { log, said } = start();
    log.report([problem('one')]);
    said();
    log.report([problem('one', { subject: { ...problem('').subject, location: 'a.yaml:7' } })]);
    expect(said()).toEqual([]);
  });

  test('warns of what works, doubtfully', () => {
    const { log, said } = start();
    log.report([problem('odd', { severity: 'warning' })]);
    expect(said()).toEqual(['warn: a resource has a problem: odd']);
  });
});

import { describe, expect, test } from 'vitest';
import { compileResilience, type ResilienceResult } from '#shared/compile/compile-resilience.ts';
import { parseResiliency } from '#shared/resources/parse-resiliency.ts';
import type { Resiliency } from '#shared/resources/resiliency.ts';

function resiliency(name: string, spec: object): Resiliency {
  const document = { apiVersion: 'dapr.io/v1alpha1', kind: 'Resiliency', metadata: { name }, spec };
  const { resiliency: parsed, problem } = parseResiliency({ document, location: '' });
  if (parsed === null) throw new Error(problem.message);
  return parsed;
}

function targets(count: number, target: object, prefix = 'app'): object {
  const circuitBreakers = 'circuitBreaker' in target ? { long: { trip: `true${' || true'.repeat(100)}` } } : {};
  const apps = Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}-${index}`, target]));
  return { policies: { circuitBreakers }, targets: { apps } };
}

function said({ problems }: ResilienceResult): readonly string[] {
  return problems.map(({ subject, reason, message }) => `${subject.name}: ${reason}: ${message}`);
}

describe('the Resiliency of one application', () => {
  test('has at most ten thousand targets; the first ones are kept', () => {
    const result = compileResilience([
      resiliency('first', targets(9_999, {})),
      resiliency('second', targets(7, {}, 'more')),
    ]);
    expect(result.resilience.targets).toHaveLength(10_000);
    expect(result.resilience.targets.at(-1)?.key).toBe('more-0');
    expect(said(result)).toEqual([
      'second: ResilienceTooLarge: 6 of its targets are left out (more-1, more-2, more-3, more-4, more-5, …): this application has more than 10000 targets or 2 MiB of them',
    ]);
  });

  test('has at most two megabytes of targets, each with its policies', () => {
    const result = compileResilience([resiliency('large', targets(5_000, { circuitBreaker: 'long' }))]);
    const bytes = Buffer.byteLength(JSON.stringify(result.resilience.targets));
    expect(bytes).toBeGreaterThan(2_000_000);
    expect(bytes).toBeLessThan(2.1 * 1024 * 1024);
    expect(said(result)).toEqual([
      expect.stringMatching(/^large: ResilienceTooLarge: \d+ of its targets are left out/),
    ]);
  });

  test('is of at most a thousand resources', () => {
    const all = Array.from({ length: 1_001 }, (_, index) => resiliency(`r${index}`, targets(1, {}, `app-${index}`)));
    const result = compileResilience(all);
    expect(result.resilience.resources).toHaveLength(1_000);
    expect(said(result)).toEqual([
      'r1000: ResilienceTooLarge: it is left out: 1000 Resiliency resources are for this application already',
    ]);
  });
});

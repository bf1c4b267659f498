import { describe, expect, test } from 'vitest';
import type { StreamAcknowledgement } from '#shared/push/push-channel.ts';
import { maxAcknowledgementBytes, maxReasonLength, maxReasons } from '#shared/push/push-message.ts';
import { Acknowledger } from '../../../proxy/subscribe/acknowledger.ts';

function of(revision: string, reasons: StreamAcknowledgement['reasons'] = []): StreamAcknowledgement {
  return { revision, state: 'applied', reasons };
}

interface Bench {
  readonly acknowledger: Acknowledger;
  readonly written: readonly string[];
  /** The connection has taken the line at hand, or is gone. */
  readonly taken: (error?: Error) => void;
}

function start(): Bench {
  const written: string[] = [];
  let onTaken: (error?: Error) => void = () => undefined;
  const write = (line: string, callback: unknown): boolean => {
    written.push(line);
    onTaken = callback as typeof onTaken;
    return true;
  };
  return { acknowledger: new Acknowledger({ write }), written, taken: (error) => onTaken(error) };
}

describe('Acknowledger', () => {
  test('writes one at a time, and of those that wait only the newest', async () => {
    const { acknowledger, written, taken } = start();
    for (const revision of ['a', 'b', 'c', 'd']) acknowledger.send(of(revision));
    expect(written).toEqual([`${JSON.stringify(of('a'))}\n`]);
    taken();
    taken();
    await acknowledger.settled();
    acknowledger.send(of('e'));
    expect(written.map((line) => (JSON.parse(line) as StreamAcknowledgement).revision)).toEqual(['a', 'd', 'e']);
  });

  test('is settled when the connection is gone', async () => {
    const { acknowledger, taken } = start();
    await acknowledger.settled();
    acknowledger.send(of('a'));
    taken(new Error('gone'));
    await acknowledger.settled();
    expect(acknowledger).toBeInstanceOf(Acknowledger);
  });

  test.each([
    ['shortens what is for people', 'far', maxReasons],
    ['leaves reasons out when their names alone are too long', 'x'.repeat(253), 125],
  ])('%s, so that the line is as short as it must be', (_what, name, count) => {
    const { acknowledger, written } = start();
    const message = '"'.repeat(maxReasonLength);
    acknowledger.send(
      of(
        'a',
        Array.from({ length: maxReasons }, () => ({ endpoint: name, message })),
      ),
    );
    const line = written[0] ?? '';
    expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxAcknowledgementBytes + 1);
    const { reasons } = JSON.parse(line) as StreamAcknowledgement;
    expect(reasons).toHaveLength(count);
    expect(reasons[0]?.endpoint).toBe(name);
  });
});

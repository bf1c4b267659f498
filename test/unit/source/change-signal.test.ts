import { describe, expect, test } from 'vitest';
import { ChangeSignal } from '../../../proxy/source/change-signal.ts';
import { ManualClock } from '../../support/manual-clock.ts';

interface Looked {
  readonly signal: ChangeSignal;
  readonly clock: ManualClock;
  readonly abort: AbortController;
  /** What `next` resolved to, in order. */
  readonly looks: (readonly string[])[];
  readonly next: () => Promise<void>;
}

function start(): Looked {
  const clock = new ManualClock();
  const signal = new ChangeSignal({ clock, quietMs: 50, maxWaitMs: 500 });
  const abort = new AbortController();
  const looks: (readonly string[])[] = [];
  const next = async (): Promise<void> => {
    looks.push([...(await signal.next({ timeoutMs: 5000, signal: abort.signal }))]);
  };
  return { signal, clock, abort, looks, next };
}

/** Lets promises that are settled run their course. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('ChangeSignal', () => {
  test('waits until it has been quiet, and gives everything that was touched', async () => {
    const { signal, clock, looks, next } = start();
    void next();
    signal.touch('a');
    clock.advance(49);
    signal.touch('b');
    clock.advance(49);
    await settle();
    expect(looks).toEqual([]);
    clock.advance(1);
    await settle();
    expect(looks).toEqual([['a', 'b']]);
  });

  test('does not wait for ever when it is never quiet', async () => {
    const { signal, clock, looks, next } = start();
    void next();
    for (let step = 0; step < 50; step += 1) {
      signal.touch('a');
      clock.advance(10);
    }
    await settle();
    expect(looks).toEqual([['a']]);
  });

  test('remembers what was touched while nobody waited', async () => {
    const { signal, clock, looks, next } = start();
    signal.touch('a');
    clock.advance(50);
    await next();
    expect(looks).toEqual([['a']]);
  });

  test('ends without a change after the timeout, and when aborted', async () => {
    const { clock, abort, looks, next } = start();
    void next();
    clock.advance(5000);
    await settle();
    void next();
    abort.abort();
    await settle();
    await next();
    expect(looks).toEqual([[], [], []]);
  });

  test('does not remember more paths than it is worth', async () => {
    const { signal, clock, looks, next } = start();
    for (let index = 0; index < 20_000; index += 1) signal.touch(`file-${index}`);
    clock.advance(500);
    await next();
    expect(looks[0]).toHaveLength(10_000);
  });
});

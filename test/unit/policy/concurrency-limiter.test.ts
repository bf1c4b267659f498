import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { ConcurrencyLimiter } from '../../../proxy/policy/concurrency-limiter.ts';

const never = new AbortController().signal;

/** Acquires and notes the moment. */
function enter(limiter: ConcurrencyLimiter, log: string[], name: string, signal: AbortSignal = never): Promise<void> {
  return limiter.acquire(signal).then(
    () => void log.push(name),
    (error: unknown) => void log.push(`${name}: ${error instanceof ProxyError ? error.code : String(error)}`),
  );
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

describe('a concurrency limiter', () => {
  test('without a limit lets everybody through', async () => {
    const limiter = new ConcurrencyLimiter({ maxConcurrent: 0, maxQueued: 0 });
    expect(limiter.isUnlimited).toBe(true);
    const log: string[] = [];
    await Promise.all(Array.from({ length: 50 }, (_, index) => enter(limiter, log, String(index))));
    expect(log).toHaveLength(50);
  });

  test('lets so many through, and the others in the order in which they came', async () => {
    const limiter = new ConcurrencyLimiter({ maxConcurrent: 2, maxQueued: 10 });
    const log: string[] = [];
    for (const name of ['a', 'b', 'c', 'd']) void enter(limiter, log, name);
    await turn();
    expect(log).toEqual(['a', 'b']);
    limiter.release();
    await turn();
    expect(log).toEqual(['a', 'b', 'c']);
    limiter.release();
    limiter.release();
    await turn();
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  test('refuses at once when the queue is full, and has room again after a release', async () => {
    const limiter = new ConcurrencyLimiter({ maxConcurrent: 1, maxQueued: 1 });
    const log: string[] = [];
    for (const name of ['runs', 'waits', 'refused']) void enter(limiter, log, name);
    await turn();
    expect(log).toEqual(['runs', 'refused: overloaded']);
    limiter.release();
    void enter(limiter, log, 'waits too');
    await turn();
    expect(log).toEqual(['runs', 'refused: overloaded', 'waits']);
    limiter.release();
    await turn();
    expect(log.at(-1)).toBe('waits too');
  });

  test('forgets a waiter who leaves, and gives nobody a slot in his place', async () => {
    const limiter = new ConcurrencyLimiter({ maxConcurrent: 1, maxQueued: 2 });
    const log: string[] = [];
    const leaver = new AbortController();
    void enter(limiter, log, 'runs');
    void enter(limiter, log, 'leaves', leaver.signal);
    void enter(limiter, log, 'stays');
    leaver.abort(new ProxyError('caller-left', 'gone'));
    await turn();
    expect(log).toEqual(['runs', 'leaves: caller-left']);
    limiter.release();
    await turn();
    expect(log).toEqual(['runs', 'leaves: caller-left', 'stays']);
  });

  test('turns away one who left before he came to wait', async () => {
    const limiter = new ConcurrencyLimiter({ maxConcurrent: 1, maxQueued: 2 });
    const log: string[] = [];
    await enter(limiter, log, 'runs');
    await enter(limiter, log, 'left', AbortSignal.abort(new ProxyError('caller-left', 'gone')));
    expect(log).toEqual(['runs', 'left: caller-left']);
  });

  test('does not mind a waiter who leaves after he was let in', async () => {
    const limiter = new ConcurrencyLimiter({ maxConcurrent: 1, maxQueued: 1 });
    const log: string[] = [];
    const leaver = new AbortController();
    await enter(limiter, log, 'runs');
    void enter(limiter, log, 'next', leaver.signal);
    limiter.release();
    await turn();
    leaver.abort();
    void enter(limiter, log, 'last');
    await turn();
    expect(log).toEqual(['runs', 'next']);
    limiter.release();
    await turn();
    expect(log).toEqual(['runs', 'next', 'last']);
  });
});

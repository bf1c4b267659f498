import { describe, expect, test } from 'vitest';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Acknowledgement } from '#shared/push/push-channel.ts';
import { Acknowledger } from '../../../proxy/subscribe/acknowledger.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

function of(revision: string): Acknowledgement {
  return { stream: 's', revision, state: 'applied', reasons: [] };
}

interface Post {
  readonly revision: string;
  readonly answer: PromiseWithResolvers<void>;
}

interface Bench {
  readonly acknowledger: Acknowledger;
  readonly posts: readonly Post[];
  readonly lines: readonly LogLine[];
  readonly clock: ManualClock;
  readonly end: AbortController;
  /** The post at hand, once it is there, fails like this. */
  readonly fail: (status: number, retryAfterMs?: number) => Promise<void>;
}

function start(): Bench {
  const posts: Post[] = [];
  const lines: LogLine[] = [];
  const clock = new ManualClock();
  const end = new AbortController();
  const acknowledger = new Acknowledger({
    post: ({ revision }) => {
      const answer = Promise.withResolvers<void>();
      posts.push({ revision, answer });
      return answer.promise;
    },
    clock,
    logger: memoryLogger(lines),
    random: () => 0.5,
    signal: end.signal,
  });
  const fail = async (status: number, retryAfterMs = 0): Promise<void> => {
    const error = new LinkError('no', { kind: 'transient', status, retryAfterMs });
    posts.at(-1)?.answer.reject(error);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { acknowledger, posts, lines, clock, end, fail };
}

function revisions(posts: readonly Post[]): readonly string[] {
  return posts.map(({ revision }) => revision);
}

describe('Acknowledger', () => {
  test('sends one at a time, and of those that wait only the newest', async () => {
    const { acknowledger, posts } = start();
    for (const revision of ['a', 'b', 'c', 'd']) acknowledger.send(of(revision));
    expect(revisions(posts)).toEqual(['a']);
    posts[0]?.answer.resolve();
    await waitUntil(() => posts.length === 2);
    posts[1]?.answer.resolve();
    await acknowledger.settled();
    expect(revisions(posts)).toEqual(['a', 'd']);
  });

  test('tries again after a pause that grows and keeps to Retry-After', async () => {
    const { acknowledger, posts, clock, fail } = start();
    acknowledger.send(of('a'));
    await fail(0);
    clock.advance(99);
    expect(posts).toHaveLength(1);
    clock.advance(1);
    await waitUntil(() => posts.length === 2);
    await fail(503, 3000);
    clock.advance(3199);
    expect(posts).toHaveLength(2);
    clock.advance(1);
    await waitUntil(() => posts.length === 3);
    posts[2]?.answer.resolve();
    await acknowledger.settled();
  });

  test('gives an old one up for a new one, which waits as long as it is asked to', async () => {
    const { acknowledger, posts, fail, clock } = start();
    acknowledger.send(of('a'));
    await fail(503, 60_000);
    acknowledger.send(of('b'));
    clock.advance(60_000);
    expect(posts).toHaveLength(1);
    clock.advance(100);
    await waitUntil(() => posts.length === 2);
    expect(revisions(posts)).toEqual(['a', 'b']);
  });

  test('gives up after five times, at once when the answer is final, and says so', async () => {
    const { acknowledger, posts, lines, clock, fail } = start();
    acknowledger.send(of('a'));
    for (let attempt = 1; attempt <= 5; attempt++) {
      await waitUntil(() => posts.length === attempt);
      await fail(500);
      clock.advance(10_000);
    }
    await acknowledger.settled();
    acknowledger.send(of('b'));
    await fail(403);
    await acknowledger.settled();
    expect(revisions(posts)).toEqual(['a', 'a', 'a', 'a', 'a', 'b']);
    expect(lines.map(({ message, fields }) => [message, fields['revision'], fields['attempt']])).toEqual([
      ['the control plane took no acknowledgement', 'a', 5],
      ['the control plane took no acknowledgement', 'b', 1],
    ]);
  });

  test('ends with its stream, in silence', async () => {
    const { acknowledger, posts, lines, end, fail } = start();
    acknowledger.send(of('a'));
    end.abort();
    await fail(0);
    await acknowledger.settled();
    expect([posts.length, lines]).toEqual([1, []]);
  });
});

/** What a new table does to the middleware in use, and what requests meet while one starts, fails, comes back or goes. */
import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { ReadyMiddleware, RefusedMiddleware } from '#shared/table/middleware.ts';
import { LivePipelines } from '../../../proxy/middleware/live-pipelines.ts';
import type { Middleware, MiddlewareRequest, Verdict } from '../../../proxy/middleware/middleware.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';

/** One middleware that the test makes, started when it says so. */
interface Made {
  readonly revision: string;
  readonly signal: AbortSignal;
  start(handle?: (request: MiddlewareRequest) => Verdict | Promise<Verdict>): void;
  fail(message: string): void;
  closed: number;
}

interface Stage {
  readonly live: LivePipelines;
  readonly clock: ManualClock;
  readonly made: Made[];
  readonly lines: LogLine[];
}

function stage(): Stage {
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const made: Made[] = [];
  const live = new LivePipelines({
    appId: 'orders',
    namespace: 'default',
    clock,
    logger: memoryLogger(lines),
    openPool: () => {
      throw new Error('not used');
    },
    load: async () => (entry, context) => {
      const { promise, resolve, reject } = Promise.withResolvers<Middleware>();
      const one: Made = {
        revision: entry.revision,
        signal: context.signal,
        closed: 0,
        start: (handle = () => null) => resolve({ handle, close: () => void (one.closed += 1) }),
        fail: (message) => reject(new Error(message)),
      };
      made.push(one);
      return promise;
    },
  });
  return { live, clock, made, lines };
}

const ready = (name: string, revision = 'r1'): ReadyMiddleware => ({
  state: 'ready',
  name,
  type: 'middleware.http.ratelimit',
  revision,
  settings: [],
  environmentSettings: [],
});

const refused: RefusedMiddleware = {
  state: 'refused',
  name: 'gone',
  type: 'middleware.http.bearer',
  revision: 'r1',
  reason: 'ComponentNotFound',
  message: 'there is none',
};

/** What is loaded is loaded in turns of its own. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

async function failureOf(passing: Verdict | Promise<Verdict> | undefined): Promise<unknown> {
  try {
    return await passing;
  } catch (error) {
    return error;
  }
}

const passed = { passed: 1, answered: 0, refused: 0 };

describe('a pipeline', () => {
  test('of nothing is none', () => {
    const { live } = stage();
    expect(live.http).toBeNull();
    live.apply({ http: [], app: [] });
    expect([live.http, live.app]).toEqual([null, null]);
  });

  test('makes a request wait for a middleware that starts', async () => {
    const { live, made } = stage();
    live.apply({ http: [ready('one')], app: [] });
    await settled();
    expect(live.states).toMatchObject([{ name: 'one', state: 'starting' }]);
    const passing = live.http?.pass(middlewareRequest());
    made[0]?.start();
    expect(await passing).toBeNull();
    expect(live.states).toMatchObject([{ state: 'ready', counts: passed }]);
  });

  test('needs no promise where everything is ready and decides at once', async () => {
    const { live, made } = stage();
    live.apply({ http: [ready('one'), ready('two')], app: [] });
    await settled();
    for (const one of made) one.start();
    await settled();
    expect(live.http?.pass(middlewareRequest())).toBeNull();
  });

  test('stops at the first answer', async () => {
    const { live, made } = stage();
    live.apply({ http: [ready('one'), ready('two'), ready('three')], app: [] });
    await settled();
    const answer = { status: 418, headers: [], contentType: '', body: '' };
    made[0]?.start(async () => null);
    made[1]?.start(() => answer);
    made[2]?.start();
    await settled();
    expect(await live.http?.pass(middlewareRequest())).toBe(answer);
    expect(live.states.map(({ counts }) => counts)).toEqual([
      passed,
      { passed: 0, answered: 1, refused: 0 },
      { passed: 0, answered: 0, refused: 0 },
    ]);
  });

  test('lets a caller that leaves go, and counts that as nothing', async () => {
    const { live } = stage();
    live.apply({ http: [ready('one')], app: [] });
    const leaving = new AbortController();
    const passing = live.http?.pass(middlewareRequest({ departure: leaving.signal }));
    leaving.abort(new ProxyError('caller-left', 'the caller left'));
    expect(await failureOf(passing)).toMatchObject({ code: 'caller-left' });
    expect(live.states).toMatchObject([{ counts: { passed: 0, answered: 0, refused: 0 } }]);
  });
});

describe('a middleware that does not start', () => {
  test('refuses those who waited with its reason, and is tried again until it does', async () => {
    const { live, clock, made, lines } = stage();
    live.apply({ http: [ready('login')], app: [] });
    await settled();
    const waiting = live.http?.pass(middlewareRequest());
    made[0]?.fail('the issuer does not answer');
    expect(await failureOf(waiting)).toMatchObject({
      code: 'middleware-unavailable',
      message: 'middleware "login" (middleware.http.ratelimit) could not be started: the issuer does not answer',
    });
    expect(live.states).toMatchObject([
      { state: 'failed', reason: 'the issuer does not answer', counts: { refused: 1 } },
    ]);
    expect(lines.at(-1)).toMatchObject({
      level: 'warn',
      fields: { middleware: 'login', reason: 'the issuer does not answer' },
    });
    clock.advance(1_000);
    await settled();
    expect(made).toHaveLength(2);
    // Nobody waits for a later start.
    expect(await failureOf(live.http?.pass(middlewareRequest()))).toMatchObject({ code: 'middleware-unavailable' });
    made[1]?.start();
    await settled();
    expect(live.http?.pass(middlewareRequest())).toBeNull();
  });

  test('is called off after 30 seconds, and closed if it comes after all', async () => {
    const { live, clock, made } = stage();
    live.apply({ http: [ready('slow')], app: [] });
    await settled();
    const waiting = live.http?.pass(middlewareRequest());
    clock.advance(30_000);
    expect(await failureOf(waiting)).toMatchObject({ code: 'middleware-unavailable' });
    expect(live.states).toMatchObject([{ state: 'failed', reason: 'it took longer than 30 seconds' }]);
    expect(made[0]?.signal.aborted).toBe(true);
    made[0]?.start();
    await settled();
    expect(made[0]?.closed).toBe(1);
  });

  test('is tried more and more seldom, and not at all once it is gone', async () => {
    const { live, clock, made } = stage();
    live.apply({ http: [ready('never')], app: [] });
    for (let minute = 0; minute < 10; minute += 1) {
      await settled();
      made.at(-1)?.fail('no');
      await settled();
      clock.advance(30_000);
    }
    await settled();
    const starts = made.length;
    expect(starts).toBe(11);
    live.apply({ http: [], app: [] });
    made.at(-1)?.fail('no');
    await settled();
    clock.advance(600_000);
    await settled();
    expect(made).toHaveLength(starts);
  });
});

test('what is refused is refused with its reason', async () => {
  const { live, made } = stage();
  live.apply({ http: [], app: [refused] });
  expect(await failureOf(live.app?.pass(middlewareRequest()))).toMatchObject({
    code: 'middleware-unavailable',
    message: 'middleware "gone" (middleware.http.bearer) is refused: ComponentNotFound: there is none',
  });
  expect(live.states).toMatchObject([{ state: 'refused', counts: { refused: 1 } }]);
  expect(made).toEqual([]);
});

test('a failure of its own is named, whoever says it', async () => {
  const { live, made } = stage();
  live.apply({ http: [ready('one'), ready('two')], app: [] });
  await settled();
  let error: unknown = new ProxyError('middleware-failed', "the header Host is not a middleware's to change");
  made[0]?.start(() => {
    throw error;
  });
  await settled();
  expect(await failureOf(Promise.try(() => live.http?.pass(middlewareRequest()) ?? null))).toMatchObject({
    message: 'middleware "one" (middleware.http.ratelimit): the header Host is not a middleware\'s to change',
  });
  error = new TypeError('a bug');
  const bug = await failureOf(Promise.try(() => live.http?.pass(middlewareRequest()) ?? null));
  expect(bug).not.toBeInstanceOf(ProxyError);
  expect(bug).toMatchObject({ message: 'middleware "one" (middleware.http.ratelimit) failed', cause: error });
});

describe('a new table', () => {
  test('keeps what did not change, and one instance for both pipelines', async () => {
    const { live, made } = stage();
    live.apply({ http: [ready('one')], app: [ready('one')] });
    await settled();
    made[0]?.start();
    await settled();
    live.apply({ http: [ready('one'), refused], app: [] });
    live.apply({ http: [ready('one')], app: [] });
    await settled();
    expect(made).toHaveLength(1);
    expect(live.http?.pass(middlewareRequest())).toBeNull();
    expect(made[0]?.closed).toBe(0);
  });

  test('starts what changed anew; its counts go on', async () => {
    const { live, made } = stage();
    live.apply({ http: [ready('one')], app: [] });
    await settled();
    made[0]?.start();
    await settled();
    expect(live.http?.pass(middlewareRequest())).toBeNull();
    live.apply({ http: [ready('one', 'r2')], app: [] });
    await settled();
    expect(made.map(({ revision, closed }) => [revision, closed])).toEqual([
      ['r1', 1],
      ['r2', 0],
    ]);
    expect(live.states).toMatchObject([{ state: 'starting', counts: passed }]);
  });

  test('leaves requests that wait what they came to, and closes it after the last of them, once', async () => {
    const { live, made } = stage();
    live.apply({ http: [ready('one'), ready('two')], app: [] });
    await settled();
    const held = Promise.withResolvers<Verdict>();
    made[0]?.start(() => held.promise);
    made[1]?.start();
    await settled();
    const passings = [live.http?.pass(middlewareRequest()), live.http?.pass(middlewareRequest())];
    live.apply({ http: [], app: [] });
    expect(live.http).toBeNull();
    expect(made.map(({ closed }) => closed)).toEqual([0, 0]);
    held.resolve(null);
    expect(await Promise.all(passings)).toEqual([null, null]);
    live.close();
    expect(made.map(({ closed }) => closed)).toEqual([1, 1]);
  });

  test('calls off a start that nobody waits for', async () => {
    const { live, made } = stage();
    live.apply({ http: [ready('one')], app: [] });
    await settled();
    live.apply({ http: [], app: [] });
    expect(made[0]?.signal.aborted).toBe(true);
    made[0]?.start();
    await settled();
    expect(made[0]?.closed).toBe(1);
  });
});

test('after the end nobody passes', async () => {
  const { live, made } = stage();
  live.apply({ http: [ready('one')], app: [] });
  await settled();
  made[0]?.start();
  await settled();
  live.close();
  expect(await failureOf(live.http?.pass(middlewareRequest()))).toMatchObject({ code: 'middleware-unavailable' });
});

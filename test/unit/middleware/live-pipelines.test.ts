/** What a new table does to the middleware in use, and what requests meet while one starts, fails, comes back or goes. */
import { describe, expect, test } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { RefusedMiddleware } from '#shared/table/middleware.ts';
import type { Verdict } from '../../../proxy/middleware/middleware.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';
import { loaded, pipelineStage, readyMiddleware } from '../../support/pipeline-stage.ts';

const refused: RefusedMiddleware = {
  state: 'refused',
  name: 'gone',
  type: 'middleware.http.bearer',
  revision: 'r1',
  reason: 'ComponentNotFound',
  message: 'there is none',
};

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
    const { live } = pipelineStage();
    expect(live.http).toBeNull();
    live.apply({ http: [], app: [] });
    expect([live.http, live.app]).toEqual([null, null]);
  });

  test('makes a request wait for a middleware that starts', async () => {
    const { live, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('one')], app: [] });
    await loaded();
    expect(live.states).toMatchObject([{ name: 'one', state: 'starting' }]);
    const passing = live.http?.pass(middlewareRequest());
    made[0]?.start();
    expect(await passing).toBeNull();
    expect(live.states).toMatchObject([{ state: 'ready', counts: passed }]);
  });

  test('needs no promise where everything is ready and decides at once', async () => {
    const { live, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('one'), readyMiddleware('two')], app: [] });
    await loaded();
    for (const one of made) one.start();
    await loaded();
    expect(live.http?.pass(middlewareRequest())).toBeNull();
  });

  test('stops at the first answer', async () => {
    const { live, made, lines } = pipelineStage();
    live.apply({ http: [readyMiddleware('one'), readyMiddleware('two'), readyMiddleware('three')], app: [] });
    await loaded();
    const answer = { status: 418, headers: [], contentType: '', body: '' };
    made[0]?.start(async () => null);
    made[1]?.start(() => answer);
    made[2]?.start();
    await loaded();
    expect(await live.http?.pass(middlewareRequest())).toBe(answer);
    const fields = { middleware: 'two', middlewareType: 'middleware.http.ratelimit', status: 418 };
    expect(lines.filter(({ level }) => level === 'debug')).toEqual([
      { level: 'debug', message: 'a middleware has answered', fields },
    ]);
    expect(live.states.map(({ counts }) => counts)).toEqual([
      passed,
      { passed: 0, answered: 1, refused: 0 },
      { passed: 0, answered: 0, refused: 0 },
    ]);
  });

  test('lets a caller that leaves go, and counts that as nothing', async () => {
    const { live } = pipelineStage();
    live.apply({ http: [readyMiddleware('one')], app: [] });
    const leaving = new AbortController();
    const passing = live.http?.pass(middlewareRequest({ departure: leaving.signal }));
    leaving.abort(new ProxyError('caller-left', 'the caller left'));
    expect(await failureOf(passing)).toMatchObject({ code: 'caller-left' });
    expect(live.states).toMatchObject([{ counts: { passed: 0, answered: 0, refused: 0 } }]);
  });
});

describe('a middleware that does not start', () => {
  test('refuses those who waited with its reason, and is tried again until it does', async () => {
    const { live, clock, made, lines } = pipelineStage();
    live.apply({ http: [readyMiddleware('login')], app: [] });
    await loaded();
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
    await loaded();
    expect(made).toHaveLength(2);
    // Nobody waits for a later start.
    expect(await failureOf(live.http?.pass(middlewareRequest()))).toMatchObject({ code: 'middleware-unavailable' });
    made[1]?.start();
    await loaded();
    expect(live.http?.pass(middlewareRequest())).toBeNull();
  });

  test('is called off after 30 seconds, and closed if it comes after all', async () => {
    const { live, clock, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('slow')], app: [] });
    await loaded();
    const waiting = live.http?.pass(middlewareRequest());
    clock.advance(30_000);
    expect(await failureOf(waiting)).toMatchObject({ code: 'middleware-unavailable' });
    expect(live.states).toMatchObject([{ state: 'failed', reason: 'it took longer than 30 seconds' }]);
    expect(made[0]?.signal.aborted).toBe(true);
    made[0]?.start();
    await loaded();
    expect(made[0]?.closed).toBe(1);
  });

  test('is tried more and more seldom, and not at all once it is gone', async () => {
    const { live, clock, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('never')], app: [] });
    for (let minute = 0; minute < 10; minute += 1) {
      await loaded();
      made.at(-1)?.fail('no');
      await loaded();
      clock.advance(30_000);
    }
    await loaded();
    const starts = made.length;
    expect(starts).toBe(11);
    live.apply({ http: [], app: [] });
    made.at(-1)?.fail('no');
    await loaded();
    clock.advance(600_000);
    await loaded();
    expect(made).toHaveLength(starts);
  });
});

test('what is refused is refused with its reason', async () => {
  const { live, made } = pipelineStage();
  live.apply({ http: [], app: [refused] });
  expect(await failureOf(live.app?.pass(middlewareRequest()))).toMatchObject({
    code: 'middleware-unavailable',
    message: 'middleware "gone" (middleware.http.bearer) is refused: ComponentNotFound: there is none',
  });
  expect(live.states).toMatchObject([{ state: 'refused', counts: { refused: 1 } }]);
  expect(made).toEqual([]);
});

test('a Configuration that cannot be used is called one', async () => {
  const { live } = pipelineStage();
  const reason = 'ConfigurationNotFound';
  const message = 'there is no Configuration shop/strict';
  live.apply({ http: [{ ...refused, name: 'strict', type: 'Configuration', reason, message }], app: [] });
  expect(await failureOf(live.http?.pass(middlewareRequest()))).toMatchObject({
    code: 'middleware-unavailable',
    message: 'Configuration "strict" is refused: ConfigurationNotFound: there is no Configuration shop/strict',
  });
});

test('a failure of its own is named, whoever says it', async () => {
  const { live, made } = pipelineStage();
  live.apply({ http: [readyMiddleware('one'), readyMiddleware('two')], app: [] });
  await loaded();
  let error: unknown = new ProxyError('middleware-failed', "the header Host is not a middleware's to change");
  made[0]?.start(() => {
    throw error;
  });
  await loaded();
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
    const { live, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('one')], app: [readyMiddleware('one')] });
    await loaded();
    made[0]?.start();
    await loaded();
    live.apply({ http: [readyMiddleware('one'), refused], app: [] });
    live.apply({ http: [readyMiddleware('one')], app: [] });
    await loaded();
    expect(made).toHaveLength(1);
    expect(live.http?.pass(middlewareRequest())).toBeNull();
    expect(made[0]?.closed).toBe(0);
  });

  test('starts what changed anew; its counts go on', async () => {
    const { live, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('one')], app: [] });
    await loaded();
    made[0]?.start();
    await loaded();
    expect(live.http?.pass(middlewareRequest())).toBeNull();
    live.apply({ http: [readyMiddleware('one', 'r2')], app: [] });
    await loaded();
    expect(made.map(({ revision, closed }) => [revision, closed])).toEqual([
      ['r1', 1],
      ['r2', 0],
    ]);
    expect(live.states).toMatchObject([{ state: 'starting', counts: passed }]);
  });

  test('leaves requests that wait what they came to, and closes it after the last of them, once', async () => {
    const { live, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('one'), readyMiddleware('two')], app: [] });
    await loaded();
    const held = Promise.withResolvers<Verdict>();
    made[0]?.start(() => held.promise);
    made[1]?.start();
    await loaded();
    const passings = [live.http?.pass(middlewareRequest()), live.http?.pass(middlewareRequest())];
    live.apply({ http: [], app: [] });
    expect(live.http).toBeNull();
    expect(made.map(({ closed }) => closed)).toEqual([0, 0]);
    held.resolve(null);
    for (const passing of passings) expect(await passing).toBeNull();
    live.close();
    expect(made.map(({ closed }) => closed)).toEqual([1, 1]);
  });

  test('leaves requests that wait for a start what they wait for', async () => {
    const { live, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('one')], app: [] });
    await loaded();
    const passing = live.http?.pass(middlewareRequest());
    live.apply({ http: [readyMiddleware('one', 'r2')], app: [] });
    expect(made[0]?.signal.aborted).toBe(false);
    made[0]?.start();
    expect(await passing).toBeNull();
    expect(made[0]?.closed).toBe(1);
  });

  test('calls off a start that nobody waits for', async () => {
    const { live, made } = pipelineStage();
    live.apply({ http: [readyMiddleware('one')], app: [] });
    await loaded();
    live.apply({ http: [], app: [] });
    expect(made[0]?.signal.aborted).toBe(true);
    made[0]?.start();
    await loaded();
    expect(made[0]?.closed).toBe(1);
  });
});

test('after the end nobody passes', async () => {
  const { live, made } = pipelineStage();
  live.apply({ http: [readyMiddleware('one')], app: [] });
  await loaded();
  made[0]?.start();
  await loaded();
  live.close();
  expect(await failureOf(live.http?.pass(middlewareRequest()))).toMatchObject({ code: 'middleware-unavailable' });
});

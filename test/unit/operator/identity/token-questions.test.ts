import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { authenticatorBench, ordersPod, vouched } from '../../../support/authenticator-bench.ts';
import { linkError } from '../../../support/link-error.ts';

describe('questions to the API server', () => {
  test('are asked once a minute for one token', async () => {
    const { authenticator, clock, pods, token, reviews } = authenticatorBench();
    pods.upsert(ordersPod());
    const same = token();
    await authenticator.authenticate(same);
    clock.advance(59_999);
    await authenticator.authenticate(same);
    expect(reviews()).toBe(1);
    clock.advance(1);
    await authenticator.authenticate(same);
    expect(reviews()).toBe(2);
  });

  test('are asked again after half of the life that is left', async () => {
    const { authenticator, clock, pods, token, reviews } = authenticatorBench();
    pods.upsert(ordersPod());
    const short = token({ expiresAtMs: clock.epochMs() + 20_000 });
    await authenticator.authenticate(short);
    clock.advance(10_000);
    await authenticator.authenticate(short);
    expect(reviews()).toBe(2);
    clock.advance(10_000);
    expect(await authenticator.authenticate(short)).toMatchObject({ message: 'the token has expired' });
  });

  test('are joined for one token', async () => {
    const { authenticator, pods, token, reviews } = authenticatorBench();
    pods.upsert(ordersPod());
    const same = token();
    const results = await Promise.all(Array.from({ length: 100 }, () => authenticator.authenticate(same)));
    expect(new Set(results.map(({ state }) => state))).toEqual(new Set(['accepted']));
    expect(reviews()).toBe(1);
  });

  test('are asked again when the Pod has changed', async () => {
    const { authenticator, pods, token, reviews } = authenticatorBench();
    pods.upsert(ordersPod());
    const same = token();
    await authenticator.authenticate(same);
    pods.remove('shop/orders-0');
    expect(await authenticator.authenticate(same)).toMatchObject({ state: 'unauthenticated' });
    expect(reviews()).toBe(2);
  });

  test('of a thousand proxies at once are put one after another, few at a time', async () => {
    const { authenticator, client, pods, token, reviews } = authenticatorBench();
    const names = Array.from({ length: 1000 }, (_, n) => `orders-${n}`);
    for (const name of names) pods.upsert({ metadata: { ...ordersPod().metadata, name, uid: `uid-${name}` } });
    let [atOnce, most] = [0, 0];
    client.review = async (spec) => {
      atOnce += 1;
      most = Math.max(most, atOnce);
      await turn();
      atOnce -= 1;
      return vouched(spec);
    };
    const tokens = names.map((name) => token({ pod: { name, uid: `uid-${name}` } }));
    const results = await Promise.all(tokens.map(authenticator.authenticate));
    expect(results.filter(({ state }) => state === 'accepted')).toHaveLength(1000);
    expect(reviews()).toBe(1000);
    expect(most).toBe(32);
  });

  test('that waited too long are for later', async () => {
    const { authenticator, client, clock, pods, token, reviews } = authenticatorBench();
    pods.upsert(ordersPod());
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    client.review = async (spec) => {
      await answered;
      return vouched(spec);
    };
    const asked = Array.from({ length: 40 }, (_, n) => authenticator.authenticate(token({ salt: String(n) })));
    await turn();
    clock.advance(10_001);
    answer();
    const states = (await Promise.all(asked)).map(({ state }) => state);
    expect(states.filter((state) => state === 'accepted')).toHaveLength(32);
    expect(states.filter((state) => state === 'unavailable')).toHaveLength(8);
    expect(reviews()).toBe(32);
  });

  test('are bounded for tokens of Pods that nobody knows, and a known Pod is served meanwhile', async () => {
    const { authenticator, client, clock, pods, token, reviews } = authenticatorBench();
    pods.upsert(ordersPod());
    const flood = async (): Promise<readonly { readonly state: string }[]> => {
      client.review = () => ({ authenticated: false });
      const tokens = Array.from({ length: 200 }, (_, n) =>
        token({ pod: { name: 'ghost', uid: `uid-${n}` }, salt: `${clock.monotonicMs()}-${n}` }),
      );
      return Promise.all(tokens.map(authenticator.authenticate));
    };
    const answers = [...(await flood()), ...(await flood())];
    expect(reviews()).toBe(100);
    expect(answers.filter(({ state }) => state === 'unavailable')).toHaveLength(200);
    expect(answers).toContainEqual({
      state: 'unavailable',
      message: 'too many tokens wait to be reviewed',
      retryAfterMs: 1000,
    });
    client.review = vouched;
    expect(await authenticator.authenticate(token())).toMatchObject({ state: 'accepted' });
    clock.advance(1000);
    await flood();
    expect(reviews()).toBe(100 + 1 + 20);
  });

  test.each([
    ['does not answer', 0, 1000],
    ['asks for patience', 429, 7000],
    ['forbids the question', 403, 1000],
  ])('that the API server %s are for later', async (_what, status, retryAfterMs) => {
    const { authenticator, client, pods, token, lines, reviews } = authenticatorBench();
    pods.upsert(ordersPod());
    client.failure = () => linkError(status, status === 429 ? 7000 : 0);
    const same = token();
    expect(await authenticator.authenticate(same)).toEqual({
      state: 'unavailable',
      message: 'the API server does not review tokens at present',
      retryAfterMs,
    });
    expect(lines.map(({ level }) => level)).toEqual(status === 403 ? ['error'] : []);
    client.failure = () => null;
    expect(await authenticator.authenticate(same)).toMatchObject({ state: 'accepted' });
    expect(reviews()).toBe(2);
  });

  test('about a Pod that fail are for later', async () => {
    const { authenticator, client, token } = authenticatorBench();
    client.failure = ({ path }) => (path.startsWith('pods/') ? linkError(500) : null);
    expect(await authenticator.authenticate(token())).toMatchObject({ state: 'unavailable' });
    client.failure = () => null;
    client.put('pods/shop/orders-0', ordersPod());
    expect(await authenticator.authenticate(token())).toMatchObject({ state: 'accepted' });
  });
});

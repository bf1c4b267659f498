import { describe, expect, test } from 'vitest';
import { authenticatorBench, hourMs, ordersPod, vouched } from '../../../support/authenticator-bench.ts';
import { jwtOf } from '../../../support/fake-token.ts';
import { linkError } from '../../../support/link-error.ts';

describe('a token that the API server vouches for', () => {
  test('is the identity of its Pod, from the Pod', async () => {
    const { authenticator, pods, token, clock } = authenticatorBench();
    pods.upsert(ordersPod({ annotations: { 'dapr.io/app-id': 'orders', 'dapr.io/config': 'tracing' } }));
    expect(await authenticator.authenticate(token())).toEqual({
      state: 'accepted',
      identity: {
        namespace: 'shop',
        podName: 'orders-0',
        podUid: 'uid-orders',
        appId: 'orders',
        configuration: 'tracing',
        expiresAtMs: clock.epochMs() + hourMs,
      },
    });
  });

  test.each([
    ['the name of the Pod without an annotation', {}, 'orders-0'],
    ['the annotation of dapr.io', { 'dapr.io/app-id': 'orders' }, 'orders'],
    [
      'the annotation of farpoint.dev before that of dapr.io',
      { 'dapr.io/app-id': 'orders', 'farpoint.dev/app-id': 'cart' },
      'cart',
    ],
    ['the name of the Pod when the annotation is empty', { 'dapr.io/app-id': '' }, 'orders-0'],
  ])('has as app id %s', async (_what, annotations, appId) => {
    const { authenticator, pods, token } = authenticatorBench();
    pods.upsert(ordersPod({ annotations }));
    expect(await authenticator.authenticate(token())).toMatchObject({ identity: { appId } });
  });

  test.each([
    ['Orders', 'is not an app id'],
    ['or.ders', 'is not an app id'],
    ['-orders', 'is not an app id'],
    ['x'.repeat(59), 'is not an app id'],
  ])('is forbidden when its app id is %s', async (appId, message) => {
    const { authenticator, pods, token } = authenticatorBench();
    pods.upsert(ordersPod({ annotations: { 'dapr.io/app-id': appId } }));
    expect(await authenticator.authenticate(token())).toMatchObject({
      state: 'forbidden',
      message: expect.stringContaining(message) as string,
    });
  });

  test('is forbidden when its Pod is not labelled', async () => {
    const { authenticator, client, token } = authenticatorBench();
    client.put('pods/shop/orders-0', ordersPod({ labels: {} }));
    expect(await authenticator.authenticate(token())).toMatchObject({
      state: 'forbidden',
      message: 'the Pod of the token is not labelled dapr.io/sidecar-injected=true',
    });
  });

  test('is forbidden when it is not bound to a Pod', async () => {
    const { authenticator, token } = authenticatorBench();
    expect(await authenticator.authenticate(token({ pod: null }))).toMatchObject({ state: 'forbidden' });
  });

  test('is forbidden when it is of a person', async () => {
    const { authenticator, client, pods, token } = authenticatorBench();
    pods.upsert(ordersPod());
    client.review = (spec) => ({ ...(vouched(spec) as object), user: { username: 'jane' } });
    expect(await authenticator.authenticate(token())).toEqual({
      state: 'forbidden',
      message: 'the token is not of a ServiceAccount',
    });
  });

  test('is forbidden in a namespace that the operator does not watch', async () => {
    const { authenticator, token, client } = authenticatorBench({ watchNamespaces: ['bank'] });
    expect(await authenticator.authenticate(token())).toMatchObject({ state: 'forbidden' });
    expect(client.countOf('get', 'pods')).toBe(0);
  });

  test('is refused when the Pod of that name is another one now', async () => {
    const { authenticator, client, pods, token } = authenticatorBench();
    pods.upsert(ordersPod({ uid: 'uid-successor' }));
    client.put('pods/shop/orders-0', ordersPod({ uid: 'uid-successor' }));
    expect(await authenticator.authenticate(token())).toEqual({
      state: 'unauthenticated',
      message: 'the Pod of the token is gone',
    });
  });

  test('is good until the grace period of its Pod is over', async () => {
    const { authenticator, clock, pods, token } = authenticatorBench();
    pods.upsert({
      metadata: { ...ordersPod().metadata, deletionTimestamp: new Date(clock.epochMs() + 30_000).toISOString() },
    });
    expect(await authenticator.authenticate(token())).toMatchObject({ state: 'accepted' });
    clock.advance(30_000);
    expect(await authenticator.authenticate(token())).toMatchObject({ state: 'unauthenticated' });
  });

  test('is asked about the Pod while the watch is behind, for an identity of a minute', async () => {
    const { authenticator, client, clock, token } = authenticatorBench();
    client.put('pods/shop/orders-0', ordersPod());
    const [first, second] = await Promise.all([token(), token({ salt: 'other' })].map(authenticator.authenticate));
    expect(first).toMatchObject({ identity: { appId: 'orders-0', expiresAtMs: clock.epochMs() + 60_000 } });
    expect(second).toEqual(first);
    expect(client.countOf('get', 'pods')).toBe(1);
  });

  test('follows the annotation at once', async () => {
    const { authenticator, pods, token, reviews } = authenticatorBench();
    pods.upsert(ordersPod({ annotations: { 'dapr.io/app-id': 'orders' } }));
    await authenticator.authenticate(token());
    pods.upsert(ordersPod({ annotations: { 'dapr.io/app-id': 'cart' } }));
    expect(await authenticator.authenticate(token())).toMatchObject({ identity: { appId: 'cart' } });
    expect(reviews()).toBe(2);
  });
});

describe('a token that cannot be good', () => {
  const expired = { aud: ['farpoint-operator'], exp: 1, sub: 'system:serviceaccount:shop:default' };
  test.each([
    ['nothing', ''],
    ['no token', 'let me in'],
    ['too long', `a.${'b'.repeat(20_000)}.c`],
    ['no claims', 'a.b.c'],
    ['claims of another shape', jwtOf([1, 2])],
    ['without an end', jwtOf({ aud: ['farpoint-operator'], sub: 'system:serviceaccount:shop:default' })],
    ['expired', jwtOf(expired)],
    ['for another audience', jwtOf({ ...expired, exp: 9_999_999_999, aud: 'https://kubernetes.default.svc' })],
  ])('costs the API server nothing: %s', async (_what, token) => {
    const { authenticator, client, lines } = authenticatorBench();
    expect(await authenticator.authenticate(token)).toMatchObject({ state: 'unauthenticated' });
    expect(await authenticator.peerResult(token)).toBe('stranger');
    expect(client.calls).toEqual([]);
    expect(lines).toEqual([]);
  });

  test('is refused when the API server does, and not asked about again for five seconds', async () => {
    const { authenticator, client, clock, token, reviews, lines } = authenticatorBench();
    const forged = token();
    client.review = () => ({ authenticated: false, error: `invalid: ${forged}` });
    for (let n = 0; n < 3; n += 1) {
      expect(await authenticator.authenticate(forged)).toEqual({
        state: 'unauthenticated',
        message: 'the API server does not accept the token',
      });
    }
    expect(reviews()).toBe(1);
    clock.advance(5_000);
    await authenticator.authenticate(forged);
    expect(reviews()).toBe(2);
    expect(JSON.stringify(lines)).not.toContain(forged);
  });

  test.each([
    ['leaves the audience out', { authenticated: true, user: { username: 'system:serviceaccount:shop:default' } }],
    ['answers with another audience', { authenticated: true, audiences: ['other'], user: {} }],
    ['answers nonsense', { authenticated: 'yes' }],
    ['answers nothing', undefined],
  ])('is one of which the API server %s', async (_what, status) => {
    const { authenticator, client, pods, token } = authenticatorBench();
    pods.upsert(ordersPod());
    client.review = () => status;
    expect(await authenticator.authenticate(token())).toMatchObject({ state: 'unauthenticated' });
  });
});

describe('another replica', () => {
  const own = { namespace: 'farpoint-system', serviceAccount: 'farpoint-operator', pod: null };

  test('is known by the ServiceAccount of its token', async () => {
    const { authenticator, token } = authenticatorBench();
    expect(await authenticator.peerResult(token(own))).toBe('peer');
    expect(await authenticator.peerResult(token())).toBe('stranger');
  });

  test('is not known by what its token claims', async () => {
    const { authenticator, client, token } = authenticatorBench();
    client.review = (spec) => ({
      ...(vouched(spec) as object),
      user: { username: 'system:serviceaccount:shop:default' },
    });
    expect(await authenticator.peerResult(token(own))).toBe('stranger');
  });

  test('cannot be known while the API server is away', async () => {
    const { authenticator, client, token } = authenticatorBench();
    client.failure = () => linkError(0);
    expect(await authenticator.peerResult(token(own))).toBe('unavailable');
  });
});

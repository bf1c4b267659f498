/** Middleware from `kubectl apply` to the upstream: the real API server, operator, push channel, proxy and token endpoint. */
import { describe, expect, test } from 'vitest';
import { findPlanted, planted } from '../support/planted-secrets.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream, type TestUpstream } from '../support/start-upstream.ts';
import { callTarget, daprObject, startCallSite, untilAnswered, type CallSite } from './support/call-site.ts';
import { recordPushOf } from './support/push-recorder.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import type { PodProxy } from './support/start-pod-proxy.ts';

const client = sharedControlPlane();
const type = 'middleware.http.oauth2clientcredentials';

/** Answers every call with the header that a middleware may have added. */
function startEcho(): Promise<TestUpstream> {
  return startUpstream(({ headers }, response) => response.end(headers['authorization'] ?? 'no token'));
}

/** Gives a token that says which secret it was asked with. */
function startTokenEndpoint(): Promise<TestUpstream> {
  return startUpstream(({ headers }, response) => {
    const [, basic = ''] = /^Basic (.+)$/.exec(headers.authorization ?? '') ?? [];
    const [, password = ''] = Buffer.from(basic, 'base64').toString().split(':');
    // RFC 6749 §2.3.1: both are form-encoded first.
    const token = {
      access_token: `token-for-${decodeURIComponent(password)}`,
      token_type: 'Bearer',
      expires_in: 3_600,
    };
    response.setHeader('Content-Type', 'application/json').end(JSON.stringify(token));
  });
}

function endpoint({ origin }: TestUpstream): object {
  return daprObject('HTTPEndpoint', 'far', { spec: { baseUrl: origin } });
}

function tokenComponent({ origin }: TestUpstream, scopes: readonly string[] = []): object {
  const metadata = [
    { name: 'clientId', value: 'shop' },
    { name: 'clientSecret', secretKeyRef: { name: 'client', key: 'secret' } },
    { name: 'scopes', value: 'read' },
    { name: 'tokenURL', value: `${origin}/token` },
    { name: 'headerName', value: 'Authorization' },
    { name: 'authStyle', value: '2' },
  ];
  return daprObject('Component', 'token', { scopes, spec: { type, version: 'v1', metadata } });
}

function secret(value: string): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'client' }, stringData: { secret: value } };
}

const guarded = daprObject('Configuration', 'guarded', {
  spec: { appHttpPipeline: { handlers: [{ name: 'token', type }] } },
});

async function untilBody(proxy: PodProxy, body: string): Promise<void> {
  await untilAnswered(
    () => callTarget(proxy, 'far'),
    (answer) => answer.body === body,
  );
}

async function untilRefused(proxy: PodProxy, reason: string): Promise<string> {
  const { body } = await untilAnswered(
    () => callTarget(proxy, 'far'),
    (answer) => answer.status === 503 && answer.body.includes(reason),
  );
  return body;
}

function untilEvent(
  site: CallSite,
  { plural, name, event }: Record<'plural' | 'name' | 'event', string>,
): Promise<void> {
  return waitUntil(async () => {
    const events = await site.viewer(plural).events(name);
    return events.some((said) => said.startsWith(event));
  });
}

describe('a Component that a pipeline names', () => {
  test('adds to calls what its Secret leads to, also when that is rotated, goes and comes', async () => {
    const site = await startCallSite(client, 'middleware');
    const proxy = await site.proxyFor('orders', 'guarded');
    const tokens = await startTokenEndpoint();
    await site.apply(endpoint(await startEcho()), secret('one'), tokenComponent(tokens), guarded);
    await untilBody(proxy, 'Bearer token-for-one');

    await site.apply(secret('two'));
    await untilBody(proxy, 'Bearer token-for-two');

    await site.remove('secret', 'client');
    const lost = 'Warning SecretNotFound: Accepted is False: setting clientSecret: secret';
    await untilEvent(site, { plural: 'components', name: 'token', event: lost });
    expect((await callTarget(proxy, 'far')).body).toBe('Bearer token-for-two');
    expect(site.operator.lines).toContainEqual(
      expect.objectContaining({
        message: 'a resource cannot be used as it stands',
        fields: expect.objectContaining({ kind: 'Component', resource: `${site.namespace}/token` }) as object,
      }),
    );

    await site.apply(secret('three'));
    await untilBody(proxy, 'Bearer token-for-three');
    await untilEvent(site, { plural: 'components', name: 'token', event: 'Normal Accepted' });
  });

  test('refuses what it guards while it is not there, by its name, and is mended in place', async () => {
    const site = await startCallSite(client, 'middleware');
    const proxy = await site.proxyFor('orders', 'guarded');
    const tokens = await startTokenEndpoint();
    await site.apply(endpoint(await startEcho()), secret('one'), guarded);
    const body = await untilRefused(proxy, 'token');
    expect(body).toContain('no middleware Component named token can be read and is for this app');
    await untilRefused(proxy, 'token');
    const logged = proxy.lines.filter(({ fields }) => fields['reason'] === 'ComponentNotFound');
    expect(logged).toHaveLength(1);
    const event = 'Warning ComponentNotFound: Accepted is False: spec.appHttpPipeline: handler token is refused';
    await untilEvent(site, { plural: 'configurations', name: 'guarded', event });

    await site.apply(tokenComponent(tokens));
    await untilBody(proxy, 'Bearer token-for-one');
    await untilEvent(site, { plural: 'configurations', name: 'guarded', event: 'Normal Accepted' });
    await site.remove('component', 'token');
    await untilRefused(proxy, 'token');
  });

  test('does not reach an app that it is not for, nor does its Secret', async () => {
    const site = await startCallSite(client, 'middleware');
    const tokens = await startTokenEndpoint();
    const [orders, billing] = [await site.proxyFor('orders', 'guarded'), await site.proxyFor('billing', 'guarded')];
    const heard = await recordPushOf({
      client,
      namespace: site.namespace,
      appId: 'billing',
      operatorPort: site.operator.running.pushPort,
      annotations: { 'dapr.io/config': 'guarded' },
    });
    const one = planted('one');
    await site.apply(endpoint(await startEcho()), secret(one), tokenComponent(tokens, ['orders']), guarded);
    await untilBody(orders, `Bearer token-for-${one}`);
    await untilRefused(billing, 'no middleware Component named token can be read and is for this app');
    const two = planted('two');
    await site.apply(secret(two));
    await untilBody(orders, `Bearer token-for-${two}`);
    await heard.receives('ComponentNotFound');
    await heard.receives('"far"');
    expect(findPlanted(heard.text(), [])).toEqual([]);
    expect(heard.text()).not.toContain('tokenURL');
  });
});

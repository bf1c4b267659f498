/** `spec.api` of the Configuration: APIs that are switched off are not there. */
import { writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { startByteUpstream } from '../support/byte-upstream.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';

const path = '/v1.0/invoke/up/method/x';

function configuration(api: string): string {
  return `apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: { name: config }\nspec: { api: ${api} }\n`;
}

async function startWith(api: string): Promise<TestProxy> {
  const upstream = await startByteUpstream();
  const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
  return startTestProxy({ resources, configuration: configuration(api) });
}

const missing = { status: 404, body: expect.stringContaining('ERR_DIRECT_INVOKE') as unknown };

describe('spec.api', () => {
  test('that denies invoke leaves a plain 404 in every form, and the rest', async () => {
    const proxy = await startWith('{ denied: [{ name: invoke, version: v1, protocol: http }] }');
    for (const question of [{ path }, { path: '/x', headers: ['dapr-app-id', 'up'] }, { path: '/unknown' }]) {
      const answer = await ask(proxy.port, question);
      expect(answer).toMatchObject({ status: 404, body: '404 page not found' });
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
    }
    expect((await ask(proxy.port, { path: '/v1.0/metadata' })).status).toBe(200);
    expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
  });

  test('that denies metadata and shutdown makes them calls without a target', async () => {
    const proxy = await startWith(
      '{ denied: [{ name: metadata, version: v1, protocol: http }, { name: shutdown, version: v1, protocol: http }] }',
    );
    expect(await ask(proxy.port, { path: '/v1.0/metadata' })).toMatchObject(missing);
    expect(await ask(proxy.port, { path: '/v1.0/metadata/k', method: 'PUT', body: 'v' })).toMatchObject(missing);
    expect(await ask(proxy.port, { path: '/v1.0/shutdown', method: 'POST' })).toMatchObject(missing);
    expect((await ask(proxy.port, { path })).body).toBe('ok');
  });

  test('that allows invoke alone leaves out the others, and never health', async () => {
    const proxy = await startWith('{ allowed: [{ name: invoke, version: v1, protocol: http }] }');
    expect((await ask(proxy.port, { path })).body).toBe('ok');
    expect(await ask(proxy.port, { path: '/v1.0/metadata' })).toMatchObject(missing);
    expect((await ask(proxy.port, { path: '/v1.0/healthz/outbound' })).status).toBe(204);
  });

  test('takes rules for gRPC as no rules for HTTP', async () => {
    const proxy = await startWith('{ denied: [{ name: invoke, version: v1, protocol: grpc }] }');
    expect((await ask(proxy.port, { path })).body).toBe('ok');
  });

  test('applies when it changes, without a restart', async () => {
    const proxy = await startWith('{}');
    expect((await ask(proxy.port, { path })).status).toBe(200);
    const before = proxy.running.tableRevision();
    await writeFile(proxy.configFile, configuration('{ denied: [{ name: invoke, version: v1, protocol: http }] }'));
    await waitUntil(() => proxy.running.tableRevision() !== before);
    expect((await ask(proxy.port, { path })).status).toBe(404);
  });
});

/** Both ends of the push channel as they are: the operator's server, and real proxies. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import { ask } from '../../support/ask.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { startClusterProxy, type ClusterProxy } from '../../support/start-cluster-proxy.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function proxyFor(app: string, server: TestPushServer, args: readonly string[] = []): Promise<ClusterProxy> {
  const folder = await temporaryFolder();
  const [tokenFile, caFile] = [join(folder, 'token'), join(folder, 'ca.crt')];
  await writeFile(tokenFile, `token-${app}`);
  await writeFile(caFile, server.caPem);
  return startClusterProxy({
    address: `localhost:${server.port}`,
    tokenFile,
    caFile,
    args: [`--app-id=${app}`, ...args],
    env: { DAPR_ENV_KEYS: 'ZONE', ZONE: 'eu' },
  });
}

function endpointAt(name: string, origin: string, path = ''): Endpoint {
  const endpoint = fakeEndpoint(name, path);
  if (endpoint.state === 'refused') throw new Error(endpoint.message);
  return { ...endpoint, baseUrl: { ...endpoint.baseUrl, origin, path } };
}

function revisionFor(server: TestPushServer, appId: string): string {
  return server.board.tableFor({ namespace: 'shop', appId, configuration: '' }).revision;
}

/** Resolves when each of them has the newest table, and the server knows. */
async function allProgrammed(server: TestPushServer, endpoint: string, count: number): Promise<void> {
  await waitUntil(() => server.running.counts.countFor(endpoint).programmed === count);
}

test('each proxy gets what is for it, and what changes; the server counts who has it', async () => {
  const upstream = await startUpstream((request, response) => response.end(request.url));
  const server = await startTestPushServer();
  const common = endpointAt('common', upstream.origin, '/one');
  server.board.change('shop', {
    common: { endpoint: common, scopes: [] },
    mine: { endpoint: endpointAt('mine', upstream.origin), scopes: ['a'] },
  });
  const [a, b] = [await proxyFor('a', server), await proxyFor('b', server)];
  await allProgrammed(server, 'shop/common', 2);
  await allProgrammed(server, 'shop/mine', 1);
  const call = async (proxy: ClusterProxy, name: string): Promise<string | number> => {
    const answer = await ask(proxy.port, { path: `/v1.0/invoke/${name}/method/x` });
    return answer.status === 200 ? answer.body : answer.status;
  };
  expect([await call(a, 'common'), await call(b, 'common')]).toEqual(['/one/x', '/one/x']);
  expect([await call(a, 'mine'), await call(b, 'mine')]).toEqual(['/x', 404]);

  server.board.set('shop', endpointAt('common', upstream.origin, '/two'));
  await waitUntil(() =>
    [a, b].every((proxy, index) => proxy.running.tableRevision() === revisionFor(server, index === 0 ? 'a' : 'b')),
  );
  expect([await call(a, 'common'), await call(b, 'common')]).toEqual(['/two/x', '/two/x']);
  server.board.change('shop', { mine: null });
  await waitUntil(() => a.running.tableRevision() === revisionFor(server, 'a'));
  expect(await call(a, 'mine')).toBe(404);
});

test('an endpoint that a proxy cannot call is not counted, and the rest of its table is', async () => {
  const server = await startTestPushServer();
  const environmentHeaders = [{ name: 'X-Other', variable: 'OTHER' }];
  const common = fakeEndpoint('common');
  server.board.set('shop', common, { ...fakeEndpoint('env'), environmentHeaders } as Endpoint);
  const proxy = await proxyFor('a', server);
  await allProgrammed(server, 'shop/common', 1);
  expect(server.running.counts.countFor('shop/env')).toEqual({ entitled: 1, programmed: 0 });
  const answer = await ask(proxy.port, { path: '/v1.0/invoke/env/method/' });
  expect([answer.status, answer.body]).toEqual([503, expect.stringContaining('EnvNotAllowed') as string]);
});

test('a pod that is no longer who it was loses its stream; its table stays', async () => {
  const server = await startTestPushServer();
  server.board.set('shop', fakeEndpoint('common'));
  const proxy = await proxyFor('a', server);
  await allProgrammed(server, 'shop/common', 1);
  server.resultsByToken.clear();
  server.endIdentity('uid-shop-a');
  await waitUntil(() =>
    proxy.lines.some(({ fields }) => String(fields['reason']).includes('(status 401: the token is not accepted)')),
  );
  expect(proxy.running.tableRevision()).toBe(revisionFor(server, 'a'));
  expect((await ask(proxy.port, { path: '/v1.0/healthz' })).status).toBe(204);
});

test('a server that shuts down sends its proxies away, and they keep what they have', async () => {
  const server = await startTestPushServer();
  server.board.set('shop', fakeEndpoint('common'));
  const proxies = await Promise.all(['a', 'b', 'c'].map((app) => proxyFor(app, server)));
  await allProgrammed(server, 'shop/common', 3);
  await server.running.drain(5000);
  for (const { running, lines } of proxies) {
    expect(running.tableRevision()).not.toBe('');
    expect(lines.map(({ message }) => message)).toContain('the control plane sends this proxy to another replica');
  }
  expect(server.counted.get('streamEnded left')).toBe(3);
});

test('a proxy that comes back with the newest table gets nothing, and counts at once', async () => {
  const server = await startTestPushServer();
  server.board.set('shop', fakeEndpoint('common'));
  const cache = await temporaryFolder();
  const first = await proxyFor('a', server, [`--table-cache-dir=${cache}`]);
  await allProgrammed(server, 'shop/common', 1);
  await waitUntil(async () => (await readdir(cache)).includes('table.ndjson'));
  await first.stop();
  await waitUntil(() => server.running.counts.countFor('shop/common').entitled === 0);
  const second = await proxyFor('a', server, [`--table-cache-dir=${cache}`]);
  expect(second.running.tableRevision()).toBe(revisionFor(server, 'a'));
  await allProgrammed(server, 'shop/common', 1);
  expect(server.counted.get('tableSent 0')).toBe(1);
});

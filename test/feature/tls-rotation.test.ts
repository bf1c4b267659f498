/** Rotated TLS material: new calls use it at once, what is under way finishes with the old. */
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { IssuedCertificate } from '../../examples/certificates/certificate-authority.ts';
import { ask } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { clientNameOf, startHttp2Upstream, startTlsUpstream } from '../support/start-tls-upstream.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { documents, endpointManifest, secretManifest } from '../support/tls-manifests.ts';

const { authority, rootCa, server, strictServer } = await createTestAuthority();
const first = await authority.issueClient({ name: 'first' });
const second = await authority.issueClient({ name: 'second' });

function values(client: IssuedCertificate, root = rootCa): Record<string, string> {
  return { 'ca.crt': root.value, 'tls.crt': client.chainPem, 'tls.key': client.privateKeyPem };
}

function endpointOf(baseUrl: string): string {
  return endpointManifest({
    name: 'far',
    baseUrl,
    rootCa: { secret: 'tls', key: 'ca.crt' },
    certificate: { secret: 'tls', key: 'tls.crt' },
    privateKey: { secret: 'tls', key: 'tls.key' },
  });
}

/** Begins a response that the test ends. */
function openStream(port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: '/v1.0/invoke/far/method/stream', agent: false });
    request.on('error', reject).on('response', resolve).end();
  });
}

const call = { path: '/v1.0/invoke/far/method/x' };

async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of response) body += String(piece);
  return body;
}

describe('a rotated Secret', () => {
  test('serves new calls at once; a response under way finishes on the old connection', async () => {
    const held: ServerResponse[] = [];
    const upstream = await startTlsUpstream(strictServer, (request, response) => {
      response.write(clientNameOf(request.socket));
      if (request.url === '/stream') held.push(response);
      else response.end();
    });
    const proxy = await startTestProxy({
      resources: { 'far.yaml': endpointOf(upstream.origin), 'tls.yaml': secretManifest('tls', values(first)) },
    });
    const stream = await openStream(proxy.port);
    await proxy.change('tls.yaml', secretManifest('tls', values(second)));
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: 'second' });
    held[0]?.end(', still here');
    expect(await bodyOf(stream)).toBe('first, still here');
    expect(upstream.connections.map(({ clientName }) => clientName)).toEqual(['first', 'second']);
  });

  test('does so over HTTP/2 too', async () => {
    const upstream = await startHttp2Upstream(strictServer, (stream, headers) => {
      stream.respond({ ':status': 200 });
      stream.write(stream.session === undefined ? '' : clientNameOf(stream.session.socket));
      if (headers[':path'] !== '/stream') stream.end();
      else upstream.server.once('finish', () => stream.end(', still here'));
    });
    const proxy = await startTestProxy({
      resources: { 'far.yaml': endpointOf(upstream.origin), 'tls.yaml': secretManifest('tls', values(first)) },
    });
    const stream = await openStream(proxy.port);
    await proxy.change('tls.yaml', secretManifest('tls', values(second)));
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: 'second' });
    upstream.server.emit('finish');
    expect(await bodyOf(stream)).toBe('first, still here');
    expect(upstream.connections.map(({ clientName }) => clientName)).toEqual(['first', 'second']);
  });

  test('closes the old connections when nothing runs on them any more', async () => {
    let closed = 0;
    const upstream = await startTlsUpstream(strictServer, (request, response) => {
      request.socket.once('close', () => (closed += 1));
      response.end();
    });
    const proxy = await startTestProxy({
      resources: { 'far.yaml': endpointOf(upstream.origin), 'tls.yaml': secretManifest('tls', values(first)) },
    });
    await ask(proxy.port, call);
    await proxy.change('tls.yaml', secretManifest('tls', values(second)));
    await waitUntil(() => closed === 1);
    expect(upstream.attempts()).toBe(1);
  });

  test('changes whom the proxy trusts: an authority that is gone is refused at once', async () => {
    const next = await createTestAuthority({ name: 'Next Root' });
    const upstream = await startTlsUpstream({ ...server, requestCert: true, rejectUnauthorized: false });
    const proxy = await startTestProxy({
      resources: { 'far.yaml': endpointOf(upstream.origin), 'tls.yaml': secretManifest('tls', values(first)) },
    });
    expect((await ask(proxy.port, call)).status).toBe(200);
    await proxy.change('tls.yaml', secretManifest('tls', values(first, next.rootCa)));
    expect((await ask(proxy.port, call)).status).toBe(502);
    expect(upstream.requests).toHaveLength(1);
  });

  test('drops no call, however often it rotates under load', async () => {
    const upstream = await startTlsUpstream(strictServer);
    const proxy = await startTestProxy({
      resources: { 'far.yaml': endpointOf(upstream.origin), 'tls.yaml': secretManifest('tls', values(first)) },
    });
    let isOver = false;
    const statuses = new Map<number, number>();
    const callers = Array.from({ length: 8 }, async () => {
      while (!isOver) {
        const { status } = await ask(proxy.port, call);
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
    });
    for (let round = 0; round < 6; round += 1) {
      await proxy.change('tls.yaml', secretManifest('tls', values(round % 2 === 0 ? second : first)));
    }
    isOver = true;
    await Promise.all(callers);
    expect([...statuses.keys()]).toEqual([200]);
  });
});

describe('a rotated secrets file', () => {
  test('serves new calls at once, also when Kubernetes swaps the link to its folder', async () => {
    const volume = await temporaryFolder();
    await swapVolume(volume, 'one', first);
    await symlink(join('..data', 'secrets.json'), join(volume, 'secrets.json'));
    const upstream = await startTlsUpstream(strictServer);
    const component = JSON.stringify({
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'Component',
      metadata: { name: 'file' },
      spec: {
        type: 'secretstores.local.file',
        version: 'v1',
        metadata: [
          { name: 'secretsFile', value: join(volume, 'secrets.json') },
          { name: 'multiValued', value: 'true' },
        ],
      },
    });
    const manifest = endpointOf(upstream.origin).replace('"secretStore":"kubernetes"', '"secretStore":"file"');
    const proxy = await startTestProxy({ resources: { 'far.yaml': documents(manifest, component) } });
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: 'first' });
    await expectNewTable(proxy, () => swapVolume(volume, 'two', second));
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: 'second' });
    await expectNewTable(proxy, () => swapVolume(volume, 'three', first));
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: 'first' });
  });
});

/** As the kubelet updates a volume: a new folder, then the link `..data` moved over to it, then the old folder gone. */
async function swapVolume(volume: string, version: string, client: IssuedCertificate): Promise<void> {
  const folder = `..version_${version}`;
  await mkdir(join(volume, folder));
  await writeFile(join(volume, folder, 'secrets.json'), JSON.stringify({ tls: values(client) }));
  await symlink(folder, join(volume, '..data_tmp'));
  await rename(join(volume, '..data_tmp'), join(volume, '..data'));
}

async function expectNewTable(proxy: TestProxy, change: () => Promise<void>): Promise<void> {
  const before = proxy.running.tableRevision();
  await change();
  await waitUntil(() => proxy.running.tableRevision() !== before);
}

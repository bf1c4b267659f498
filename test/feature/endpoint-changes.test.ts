/** Endpoints that change, come, go and get other names while the proxy runs: nobody else notices. */
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { startTestProxy, waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { endpointManifest, type EndpointOptions } from '../support/tls-manifests.ts';

interface Watched {
  readonly origin: string;
  /** Connections that requests came over, in order, each once. */
  readonly sockets: ReadonlySet<Socket>;
  readonly held: readonly ServerResponse[];
}

/** Answers with path and `X-Key`; keeps `/hold` open. */
async function startWatched(): Promise<Watched> {
  const sockets = new Set<Socket>();
  const held: ServerResponse[] = [];
  const { origin } = await startUpstream((request, response) => {
    sockets.add(request.socket);
    response.write(`${request.url ?? ''} ${String(request.headers['x-key'] ?? '')}`.trim());
    if (request.url?.endsWith('/hold') === true) held.push(response);
    else response.end();
  });
  return { origin, sockets, held };
}

function manifest(options: Partial<EndpointOptions> & { readonly baseUrl: string }): string {
  return endpointManifest({ name: 'far', ...options });
}

const call = { path: '/v1.0/invoke/far/method/x' };

function openHeld(port: number): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ port, host: '127.0.0.1', path: '/v1.0/invoke/far/method/hold', agent: false });
    request.on('error', reject).on('response', resolve).end();
  });
}

async function bodyOf(response: IncomingMessage): Promise<string> {
  let body = '';
  for await (const piece of response) body += String(piece);
  return body;
}

describe('a change of an endpoint', () => {
  test('in its headers keeps its connections', async () => {
    const upstream = await startWatched();
    const withKey = (value: string): string => manifest({ baseUrl: upstream.origin, headers: { 'X-Key': { value } } });
    const proxy = await startTestProxy({ resources: { 'far.yaml': withKey('one') } });
    expect((await ask(proxy.port, call)).body).toBe('/x one');
    await proxy.change('far.yaml', withKey('two'));
    expect((await ask(proxy.port, call)).body).toBe('/x two');
    expect(upstream.sockets.size).toBe(1);
  });

  test('in its base path keeps its connections', async () => {
    const upstream = await startWatched();
    const proxy = await startTestProxy({ resources: { 'far.yaml': manifest({ baseUrl: upstream.origin }) } });
    expect((await ask(proxy.port, call)).body).toBe('/x');
    await proxy.change('far.yaml', manifest({ baseUrl: `${upstream.origin}/v2` }));
    expect((await ask(proxy.port, call)).body).toBe('/v2/x');
    expect(upstream.sockets.size).toBe(1);
  });

  test('in its origin leads new calls elsewhere and lets a call under way finish', async () => {
    const before = await startWatched();
    const after = await startWatched();
    const proxy = await startTestProxy({ resources: { 'far.yaml': manifest({ baseUrl: before.origin }) } });
    const held = await openHeld(proxy.port);
    await proxy.change('far.yaml', manifest({ baseUrl: after.origin }));
    expect((await ask(proxy.port, call)).status).toBe(200);
    expect(after.sockets.size).toBe(1);
    before.held[0]?.end(' done');
    expect(await bodyOf(held)).toBe('/hold done');
    expect(before.sockets.size).toBe(1);
  });

  test('drops no connection of another endpoint', async () => {
    const far = await startWatched();
    const near = await startWatched();
    const proxy = await startTestProxy({
      resources: {
        'far.yaml': manifest({ baseUrl: far.origin }),
        'near.yaml': manifest({ name: 'near', baseUrl: near.origin }),
      },
    });
    const nearCall = { path: '/v1.0/invoke/near/method/x' };
    await ask(proxy.port, nearCall);
    const held = await openHeld(proxy.port);
    await proxy.change('near.yaml', manifest({ name: 'near', baseUrl: `${near.origin}/v2` }));
    await proxy.change('far.yaml', manifest({ baseUrl: far.origin, headers: { 'X-Key': { value: 'new' } } }));
    await proxy.change('third.yaml', manifest({ name: 'third', baseUrl: 'http://third.example' }));
    await proxy.change('third.yaml', null);
    expect((await ask(proxy.port, nearCall)).body).toBe('/v2/x');
    expect(near.sockets.size).toBe(1);
    far.held[0]?.end(' done');
    expect(await bodyOf(held)).toBe('/hold done');
  });

  test('that changes nothing keeps the table in force', async () => {
    const upstream = await startWatched();
    const proxy = await startTestProxy({ resources: { 'far.yaml': manifest({ baseUrl: upstream.origin }) } });
    const revision = proxy.running.tableRevision();
    await writeFile(join(proxy.folder, 'far.yaml'), `${manifest({ baseUrl: upstream.origin })}\n# a word\n`);
    // A change that counts comes after it, so the first one has been looked at.
    await proxy.change('other.yaml', manifest({ name: 'other', baseUrl: 'http://other.example' }));
    await proxy.change('other.yaml', null);
    expect(proxy.running.tableRevision()).toBe(revision);
  });
});

describe('an endpoint', () => {
  test('that is deleted lets calls under way finish, closes its connections, and is 404 from then on', async () => {
    const upstream = await startWatched();
    const proxy = await startTestProxy({ resources: { 'far.yaml': manifest({ baseUrl: upstream.origin }) } });
    const held = await openHeld(proxy.port);
    await proxy.change('far.yaml', null);
    const gone = await ask(proxy.port, call);
    expect(gone.status).toBe(404);
    expect(errorOf(gone).message).toContain('no HTTPEndpoint "far" is loaded');
    upstream.held[0]?.end(' done');
    expect(await bodyOf(held)).toBe('/hold done');
    await waitUntil(() => [...upstream.sockets].every((socket) => socket.destroyed));
  });

  test('that is renamed is known by its new name only', async () => {
    const upstream = await startWatched();
    const proxy = await startTestProxy({ resources: { 'far.yaml': manifest({ baseUrl: upstream.origin }) } });
    await proxy.change('far.yaml', manifest({ name: 'further', baseUrl: upstream.origin }));
    expect((await ask(proxy.port, call)).status).toBe(404);
    expect((await ask(proxy.port, { path: '/v1.0/invoke/further/method/x' })).status).toBe(200);
  });

  test('is there while its scopes name this application, and not otherwise', async () => {
    const upstream = await startWatched();
    const scoped = (scopes: readonly string[]): string => manifest({ baseUrl: upstream.origin, scopes });
    const proxy = await startTestProxy({ resources: { 'far.yaml': scoped(['billing']) } });
    const status = async (): Promise<number> => (await ask(proxy.port, call)).status;
    expect(await status()).toBe(404);
    await proxy.change('far.yaml', scoped(['billing', 'orders']));
    expect(await status()).toBe(200);
    await proxy.change('far.yaml', scoped(['billing']));
    expect(await status()).toBe(404);
    await proxy.change('far.yaml', scoped([]));
    expect(await status()).toBe(200);
  });

  test('that breaks is refused, and serves again when it is mended', async () => {
    const upstream = await startWatched();
    const proxy = await startTestProxy({ resources: { 'far.yaml': manifest({ baseUrl: upstream.origin }) } });
    const held = await openHeld(proxy.port);
    await proxy.change('far.yaml', manifest({ baseUrl: 'ftp://nowhere' }));
    expect((await ask(proxy.port, call)).status).toBe(503);
    upstream.held[0]?.end(' done');
    expect(await bodyOf(held)).toBe('/hold done');
    await proxy.change('far.yaml', manifest({ baseUrl: upstream.origin }));
    expect((await ask(proxy.port, call)).status).toBe(200);
  });
});

/** The machine's roots, which node reads when a process starts: so these run the real command line. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ask, errorOf, type Answer } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { startForwardProxy } from '../support/start-forward-proxy.ts';
import { identityOptions, startTlsUpstream } from '../support/start-tls-upstream.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { endpointManifest, inlineIdentity } from '../support/tls-manifests.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startProxyProcess } from './cli/farpoint-process.ts';

const { authority, server, strictServer } = await createTestAuthority();
const { authority: stranger } = await createTestAuthority({ name: 'Stranger Root' });

interface Started {
  readonly manifest: string;
  readonly env: (folder: string) => Promise<Record<string, string>>;
}

/** Starts a process over one manifest and resolves with a function that calls `far`. */
async function start({ manifest, env }: Started): Promise<(target?: string) => Promise<Answer>> {
  const folder = await temporaryFolder();
  const resources = join(folder, 'resources');
  await mkdir(resources);
  await writeFile(join(resources, 'far.yaml'), manifest);
  const { url } = await startProxyProcess([`--resources-path=${resources}`], { env: await env(folder) });
  const port = Number(new URL(url).port);
  return (target = 'far') => ask(port, { path: `/v1.0/invoke/${target}/method/x` });
}

/** SSL_CERT_FILE with these roots. */
function certFile(...roots: readonly { readonly certificatePem: string }[]): Started['env'] {
  return async (folder) => {
    const file = join(folder, 'roots.pem');
    await writeFile(file, roots.map(({ certificatePem }) => certificatePem).join(''));
    return { SSL_CERT_FILE: file };
  };
}

describe('SSL_CERT_FILE', () => {
  test('is trusted for endpoints without TLS material and for URLs', async () => {
    const upstream = await startTlsUpstream(server);
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: upstream.origin }),
      env: certFile(stranger, authority),
    });
    expect((await call()).status).toBe(200);
    expect((await call(upstream.origin)).status).toBe(200);
  });

  test('is trusted for an endpoint with a certificate and key only, which it presents', async () => {
    const upstream = await startTlsUpstream(strictServer);
    const client = await authority.issueClient({ name: 'orders' });
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: upstream.origin, ...inlineIdentity(client) }),
      env: certFile(authority),
    });
    expect(await call()).toMatchObject({ status: 200, body: 'orders' });
  });

  test('with another authority leaves the upstream refused', async () => {
    const upstream = await startTlsUpstream(server);
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: upstream.origin }),
      env: certFile(stranger),
    });
    const answer = await call();
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain('signed by an authority that is not trusted');
    expect(upstream.requests).toEqual([]);
  });

  test('does not count for an endpoint with a root CA of its own', async () => {
    const upstream = await startTlsUpstream(server);
    const rootCa = { value: stranger.certificatePem };
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: upstream.origin, rootCa }),
      env: certFile(authority),
    });
    expect((await call()).status).toBe(502);
    expect(upstream.requests).toEqual([]);
  });
});

describe('SSL_CERT_DIR', () => {
  test('is trusted, whatever its files are called', async () => {
    const upstream = await startTlsUpstream(server);
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: upstream.origin }),
      env: async (folder) => {
        const directory = join(folder, 'roots');
        await mkdir(directory);
        await writeFile(join(directory, 'stranger.pem'), stranger.certificatePem);
        await writeFile(join(directory, 'ours.crt'), authority.certificatePem);
        return { SSL_CERT_DIR: directory };
      },
    });
    expect((await call()).status).toBe(200);
  });
});

describe('NODE_TLS_REJECT_UNAUTHORIZED=0', () => {
  const off = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };

  test('turns no verification off', async () => {
    const upstream = await startTlsUpstream(server);
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: upstream.origin }),
      env: async () => off,
    });
    expect((await call()).status).toBe(502);
    expect((await call(upstream.origin)).status).toBe(502);
    expect(upstream.requests).toEqual([]);
  });

  test('turns none off for a proxy from the environment either', async () => {
    const upstream = await startUpstream((_request, response) => response.end('reached'));
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port, identity: server });
    const proxyUrl = `https://localhost:${forwardProxy.port}`;
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: 'http://far.example' }),
      env: async () => ({ ...off, HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl }),
    });
    expect((await call()).status).toBe(502);
    expect((await call('https://far.example')).status).toBe(502);
    expect(forwardProxy.lines).toEqual([]);
  });
});

describe('an https proxy from the environment', () => {
  test('is verified against the same roots, by its own name, and used', async () => {
    const plain = await startUpstream((request, response) => response.end(`plain ${request.headers.host ?? ''}`));
    const secure = await startTlsUpstream(identityOptions(await authority.issueServer({ hosts: ['far.example'] })));
    const forPlain = await startForwardProxy({ upstreamPort: plain.port, identity: server });
    const forSecure = await startForwardProxy({ upstreamPort: secure.port, identity: server });
    const call = await start({
      manifest: endpointManifest({ name: 'far', baseUrl: 'http://far.example' }),
      env: async (folder) => ({
        ...(await certFile(authority)(folder)),
        HTTP_PROXY: `https://localhost:${forPlain.port}`,
        HTTPS_PROXY: `https://localhost:${forSecure.port}`,
      }),
    });
    expect(await call()).toMatchObject({ status: 200, body: 'plain far.example' });
    expect((await call('https://far.example')).status).toBe(200);
    expect(forPlain.lines).toEqual(['GET http://far.example/x']);
    expect(forSecure.lines).toEqual(['CONNECT far.example:443']);
  });
});

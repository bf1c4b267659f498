/** Which TLS material an HTTPEndpoint may bring, and that the far end gets to see it. */
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { farPath, startProxyTo } from '../support/start-proxy-to.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { identityOptions, startTlsUpstream } from '../support/start-tls-upstream.ts';
import { documents, endpointManifest, inlineIdentity, secretManifest } from '../support/tls-manifests.ts';

const { authority, rootCa, server, strictServer } = await createTestAuthority();
const stranger = await createTestAuthority({ name: 'Stranger Root' });

const call = { path: farPath };

describe('clientTLS', () => {
  test('with a root CA only: the private authority is trusted, no certificate is presented', async () => {
    const upstream = await startTlsUpstream({ ...server, requestCert: true, rejectUnauthorized: false });
    const proxy = await startProxyTo({ baseUrl: upstream.origin, rootCa });
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: '' });
    expect(upstream.connections).toMatchObject([{ clientName: '' }]);
  });

  test('with root CA, certificate and key from one Secret: the certificate is presented', async () => {
    const upstream = await startTlsUpstream(strictServer);
    const client = await authority.issueClient({ name: 'orders' });
    const proxy = await startTestProxy({
      resources: {
        'far.yaml': documents(
          endpointManifest({
            name: 'far',
            baseUrl: upstream.origin,
            rootCa: { secret: 'vault-tls', key: 'ca.crt' },
            certificate: { secret: 'vault-tls', key: 'tls.crt' },
            privateKey: { secret: 'vault-tls', key: 'tls.key' },
          }),
          secretManifest('vault-tls', {
            'ca.crt': rootCa.value,
            'tls.crt': client.chainPem,
            'tls.key': client.privateKeyPem,
          }),
        ),
      },
    });
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: 'orders' });
  });

  test.each(['ec', 'rsa', 'ed25519'] as const)('accepts an %s client key', async (keyType) => {
    const upstream = await startTlsUpstream(strictServer);
    const client = await authority.issueClient({ name: `client-${keyType}`, keyType });
    const proxy = await startProxyTo({ baseUrl: upstream.origin, rootCa, ...inlineIdentity(client) });
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: `client-${keyType}` });
  });

  test('presents a chain with its intermediate, which the server needs to verify it', async () => {
    const upstream = await startTlsUpstream(strictServer);
    const intermediate = await authority.createIntermediate('Test Intermediate');
    const client = await intermediate.issueClient({ name: 'by intermediate' });
    const whole = await startProxyTo({ baseUrl: upstream.origin, rootCa, ...inlineIdentity(client) });
    expect(await ask(whole.port, call)).toMatchObject({ status: 200, body: 'by intermediate' });
    const leafOnly = { ...client, chainPem: client.certificatePem };
    const cut = await startProxyTo({ baseUrl: upstream.origin, rootCa, ...inlineIdentity(leafOnly) });
    expect(await ask(cut.port, call)).toMatchObject({ status: 502 });
    expect(upstream.requests).toHaveLength(1);
  });

  test('verifies a server whose certificate comes by an intermediate', async () => {
    const intermediate = await authority.createIntermediate('Server Intermediate');
    const upstream = await startTlsUpstream(identityOptions(await intermediate.issueServer({ hosts: ['localhost'] })));
    const proxy = await startProxyTo({ baseUrl: upstream.origin, rootCa });
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200 });
  });

  test('takes a bundle of several roots, with text and CRLF between them', async () => {
    const upstream = await startTlsUpstream(server);
    const bundle = `# two roots\n${stranger.rootCa.value}\n# ours\n${rootCa.value}`.replaceAll('\n', '\r\n');
    const proxy = await startProxyTo({ baseUrl: upstream.origin, rootCa: { value: bundle } });
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200 });
  });

  test('with a root CA: the system roots no longer count, and another authority is refused', async () => {
    const upstream = await startTlsUpstream(stranger.server);
    const proxy = await startProxyTo({ baseUrl: upstream.origin, rootCa });
    const answer = await ask(proxy.port, call);
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain('signed by an authority that is not trusted');
    expect(upstream.requests).toEqual([]);
  });

  test('none at all: only the system roots count, a private authority is refused, by name and by URL', async () => {
    const upstream = await startTlsUpstream(server);
    const proxy = await startProxyTo({ baseUrl: upstream.origin });
    for (const target of ['far', upstream.origin]) {
      const answer = await ask(proxy.port, { path: `/v1.0/invoke/${target}/method/x` });
      expect(answer.status).toBe(502);
      expect(errorOf(answer).message).toContain('signed by an authority that is not trusted');
    }
    expect(upstream.requests).toEqual([]);
  });

  test('of one endpoint is of no use to another endpoint or a URL with the same origin', async () => {
    const upstream = await startTlsUpstream(strictServer);
    const client = await authority.issueClient({ name: 'orders' });
    const proxy = await startTestProxy({
      resources: {
        'far.yaml': endpointManifest({ name: 'far', baseUrl: upstream.origin, rootCa, ...inlineIdentity(client) }),
        'other.yaml': endpointManifest({ name: 'other', baseUrl: upstream.origin, rootCa }),
      },
    });
    expect(await ask(proxy.port, call)).toMatchObject({ status: 200, body: 'orders' });
    expect(await ask(proxy.port, { path: '/v1.0/invoke/other/method/x' })).toMatchObject({ status: 502 });
    expect(await ask(proxy.port, { path: `/v1.0/invoke/${upstream.origin}/method/x` })).toMatchObject({ status: 502 });
    expect(upstream.requests).toHaveLength(1);
  });
});

/** TLS material that does not resolve or does not parse: 503 with the reason, and nothing goes near the upstream. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startTlsUpstream } from '../support/start-tls-upstream.ts';
import { documents, endpointManifest, secretManifest, type Source } from '../support/tls-manifests.ts';

const { authority, rootCa, server } = await createTestAuthority();
const client = await authority.issueClient({ name: 'orders' });
const other = await authority.issueClient({ name: 'other' });

interface Material {
  readonly rootCa?: Source;
  readonly certificate?: Source;
  readonly privateKey?: Source;
  readonly secrets?: Readonly<Record<string, string>>;
}

const garbage = '-----BEGIN CERTIFICATE-----\nbm90IGEgY2VydGlmaWNhdGU=\n-----END CERTIFICATE-----\n';
const garbageKey = '-----BEGIN PRIVATE KEY-----\nbm90IGEga2V5\n-----END PRIVATE KEY-----\n';

function encryptedKey(): string {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
  }).privateKey;
}

const fromSecret = (key: string): Source => ({ secret: 'tls', key });
const rootFrom = (value: string): Source => ({ value });

describe('an endpoint whose TLS material cannot be used answers 503 and is not called', () => {
  test.each<[string, () => Material, RegExp]>([
    ['a Secret that does not exist', () => ({ rootCa: fromSecret('ca.crt') }), /SecretNotFound.*tls/],
    [
      'a key that the Secret does not have',
      () => ({ rootCa: fromSecret('ca.crt'), secrets: { 'other.crt': rootCa.value } }),
      /ca\.crt/,
    ],
    [
      'an empty value in the Secret',
      () => ({ rootCa: fromSecret('ca.crt'), secrets: { 'ca.crt': '' } }),
      /ca\.crt|empty/,
    ],
    ['a root CA that is no PEM', () => ({ rootCa: rootFrom('not a certificate') }), /InvalidRootCa/],
    ['a root CA that does not parse', () => ({ rootCa: rootFrom(garbage) }), /InvalidRootCa/],
    [
      'a bundle of which one certificate does not parse',
      () => ({ rootCa: rootFrom(rootCa.value + garbage) }),
      /InvalidRootCa.*2/,
    ],
    [
      'a certificate without a key',
      () => ({ rootCa: rootCa, certificate: { value: client.chainPem } }),
      /PrivateKeyMissing/,
    ],
    [
      'a key without a certificate',
      () => ({ rootCa: rootCa, privateKey: { value: client.privateKeyPem } }),
      /CertificateMissing/,
    ],
    [
      'a certificate whose key lies in a Secret that does not exist',
      () => ({ certificate: { value: client.chainPem }, privateKey: fromSecret('tls.key') }),
      /SecretNotFound/,
    ],
    [
      'a certificate that does not parse',
      () => ({ certificate: { value: garbage }, privateKey: { value: client.privateKeyPem } }),
      /InvalidCertificate/,
    ],
    [
      'a key that does not parse',
      () => ({ certificate: { value: client.chainPem }, privateKey: { value: garbageKey } }),
      /InvalidPrivateKey/,
    ],
    [
      'a key with a passphrase',
      () => ({ certificate: { value: client.chainPem }, privateKey: { value: encryptedKey() } }),
      /InvalidPrivateKey.*passphrase/,
    ],
    [
      'a key of another certificate',
      () => ({ certificate: { value: client.chainPem }, privateKey: { value: other.privateKeyPem } }),
      /KeyMismatch/,
    ],
  ])('%s', async (_what, materialOf, reason) => {
    const upstream = await startTlsUpstream({ ...server, requestCert: true, rejectUnauthorized: false });
    const { secrets, ...material } = materialOf();
    const proxy = await startTestProxy({
      resources: {
        'bad.yaml': documents(
          endpointManifest({ name: 'bad', baseUrl: upstream.origin, ...material }),
          ...(secrets === undefined ? [] : [secretManifest('tls', secrets)]),
        ),
        'good.yaml': endpointManifest({ name: 'good', baseUrl: upstream.origin, rootCa }),
      },
    });
    const answer = await ask(proxy.port, { path: '/v1.0/invoke/bad/method/x', method: 'POST', body: 'private' });
    expect(answer.status).toBe(503);
    expect(errorOf(answer).message).toMatch(/^failed to invoke, id: bad, err: HTTPEndpoint "bad" is refused: /);
    expect(errorOf(answer).message).toMatch(reason);
    expect(upstream.attempts()).toBe(0);
    expect((await ask(proxy.port, { path: '/v1.0/invoke/good/method/x' })).status).toBe(200);
    expect(upstream.attempts()).toBe(1);
  });
});

describe('a secret store that is not there', () => {
  test('refuses the endpoint that names it and no other', async () => {
    const upstream = await startTlsUpstream(server);
    const manifest = endpointManifest({ name: 'bad', baseUrl: upstream.origin, rootCa: fromSecret('ca.crt') });
    const proxy = await startTestProxy({
      resources: {
        'bad.yaml': manifest.replace('"secretStore":"kubernetes"', '"secretStore":"elsewhere"'),
        'good.yaml': endpointManifest({ name: 'good', baseUrl: upstream.origin, rootCa }),
      },
    });
    const answer = await ask(proxy.port, { path: '/v1.0/invoke/bad/method/x' });
    expect(answer.status).toBe(503);
    expect(errorOf(answer).message).toContain('elsewhere');
    expect((await ask(proxy.port, { path: '/v1.0/invoke/good/method/x' })).status).toBe(200);
  });
});

describe('material that comes and goes while the proxy runs', () => {
  test('makes the endpoint callable when it comes, and refused when it goes', async () => {
    const upstream = await startTlsUpstream(server);
    const secret = secretManifest('tls', { 'ca.crt': rootCa.value });
    const proxy = await startTestProxy({
      resources: {
        'far.yaml': endpointManifest({ name: 'far', baseUrl: upstream.origin, rootCa: fromSecret('ca.crt') }),
      },
    });
    const status = async (): Promise<number> => (await ask(proxy.port, { path: '/v1.0/invoke/far/method/x' })).status;
    expect(await status()).toBe(503);
    await proxy.change('secret.yaml', secret);
    expect(await status()).toBe(200);
    await proxy.change('secret.yaml', null);
    expect(await status()).toBe(503);
    await proxy.change('secret.yaml', secret);
    expect(await status()).toBe(200);
  });
});

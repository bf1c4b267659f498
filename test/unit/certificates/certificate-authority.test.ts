/** The throw-away authority makes certificates that others verify: node:tls in a handshake, and openssl when installed. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from '../../../examples/certificates/certificate-authority.ts';

const run = promisify(execFile);
const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** The common name of the client that a mutual-TLS server saw, over a connection that verified both sides. */
async function clientSeenBy(
  options: { readonly server: IssuedCertificate; readonly client: IssuedCertificate; readonly ca: string },
  servername: string,
): Promise<string> {
  const { server, client, ca } = options;
  const listener = tls.createServer({
    cert: server.chainPem,
    key: server.privateKeyPem,
    ca,
    requestCert: true,
    rejectUnauthorized: true,
  });
  listener.on('secureConnection', (socket) => socket.end(String(socket.getPeerCertificate().subject.CN)));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  cleanups.push(() => promisify(listener.close.bind(listener))());
  const { port } = listener.address() as AddressInfo;
  const socket = tls.connect({
    port,
    host: '127.0.0.1',
    servername,
    ca,
    cert: client.chainPem,
    key: client.privateKeyPem,
  });
  let text = '';
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk);
  return text;
}

describe('CertificateAuthority', () => {
  test.each(['ec', 'rsa', 'ed25519'] as const)(
    'issues %s certificates that verify in a mutual handshake',
    async (keyType) => {
      const authority = await CertificateAuthority.create('test root', { keyType });
      const server = await authority.issueServer({ hosts: ['one.test', '127.0.0.1'], keyType });
      const client = await authority.issueClient({ name: 'orders', keyType });
      expect(await clientSeenBy({ server, client, ca: authority.certificatePem }, 'one.test')).toBe('orders');
    },
  );

  test('presents its intermediate, so that trusting the root is enough', async () => {
    const root = await CertificateAuthority.create('test root');
    const intermediate = await root.createIntermediate('test intermediate');
    const server = await intermediate.issueServer({ hosts: ['one.test'] });
    const client = await intermediate.issueClient({ name: 'orders' });
    expect(server.chainPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
    expect(await clientSeenBy({ server, client, ca: root.certificatePem }, 'one.test')).toBe('orders');
  });

  test('names every host and address in the certificate', async () => {
    const authority = await CertificateAuthority.create('test root');
    const { certificatePem } = await authority.issueServer({ hosts: ['one.test', '*.two.test', '127.0.0.1', '::1'] });
    const certificate = new X509Certificate(certificatePem);
    expect(certificate.checkHost('one.test')).toBe('one.test');
    expect(certificate.checkHost('a.two.test')).toBe('*.two.test');
    expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(certificate.checkIP('::1')).toBe('::1');
    expect(certificate.checkHost('other.test')).toBeUndefined();
  });

  test('issues certificates for any period', async () => {
    const authority = await CertificateAuthority.create('test root');
    const notBefore = new Date('2020-01-01T00:00:00Z');
    const notAfter = new Date('2020-02-01T00:00:00Z');
    const { certificatePem } = await authority.issueClient({ name: 'expired', notBefore, notAfter });
    const certificate = new X509Certificate(certificatePem);
    expect(new Date(certificate.validFrom)).toEqual(notBefore);
    expect(new Date(certificate.validTo)).toEqual(notAfter);
  });

  test('refuses a server certificate without a host', async () => {
    const authority = await CertificateAuthority.create('test root');
    await expect(authority.issueServer({ hosts: [] })).rejects.toThrow('at least one host');
  });

  test('satisfies openssl as well, for each purpose and no other', async ({ skip }) => {
    const hasOpenssl = await run('openssl', ['version']).then(
      () => true,
      () => false,
    );
    if (!hasOpenssl) skip('openssl is not installed');
    const folder = await mkdtemp(join(tmpdir(), 'farpoint-certificates-'));
    cleanups.push(() => rm(folder, { recursive: true }));
    const root = await CertificateAuthority.create('test root');
    const intermediate = await root.createIntermediate('test intermediate');
    const issued = await intermediate.issueServer({ hosts: ['one.test'] });
    await writeFile(join(folder, 'root.pem'), root.certificatePem);
    await writeFile(join(folder, 'chain.pem'), issued.chainPem);
    const verify = (purpose: string): Promise<{ stdout: string }> =>
      run(
        'openssl',
        ['verify', '-x509_strict', '-CAfile', 'root.pem', '-untrusted', 'chain.pem', '-purpose', purpose, 'chain.pem'],
        { cwd: folder },
      );
    expect((await verify('sslserver')).stdout).toContain('chain.pem: OK');
    await expect(verify('sslclient')).rejects.toThrow('unsuitable certificate purpose');
  });
});

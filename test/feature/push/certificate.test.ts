/** The certificate is replaced while proxies are connected. */
import { connect, type TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { openPush } from '../../support/push-reader.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

describe('another certificate', () => {
  test('is presented to whoever connects next, and nobody loses the stream', async () => {
    const server = await startTestPushServer();
    const before = await openPush(server, 'token-a');
    const authority = await CertificateAuthority.create('next');
    const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: ['localhost'] });
    server.present({ certificateChainPem: chainPem, privateKeyPem });
    await expect(openPush(server, 'token-b')).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
    const after = await openPush({ port: server.port, caPem: authority.certificatePem }, 'token-b');
    server.board.set('shop', fakeEndpoint('one'));
    await Promise.all([before.synced(2), after.synced(2)]);
    expect(before.isEnded).toBe(false);
    // The replacement keeps what is not of the certificate.
    expect((await handshake(server, authority.certificatePem)).getProtocol()).toBe('TLSv1.3');
    await expect(handshake(server, authority.certificatePem, 'TLSv1.1')).rejects.toThrow(/protocol|version/i);
  });

  test('that cannot be used does not replace the one before', async () => {
    const server = await startTestPushServer();
    server.present({ certificateChainPem: 'no certificate', privateKeyPem: 'no key' });
    expect((await openPush(server, 'token-a')).isEnded).toBe(false);
    const [line] = server.lines.filter(({ level }) => level === 'error');
    expect(line?.message).toBe('a new certificate is not usable; the one before stays');
    expect(JSON.stringify(line)).not.toContain('no key');
  });
});

function handshake({ port }: TestPushServer, ca: string, maxVersion?: 'TLSv1.1'): Promise<TLSSocket> {
  const versions =
    maxVersion === undefined ? {} : { minVersion: 'TLSv1' as const, maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' };
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: 'localhost', ca, ...versions });
    onTestFinished(() => void socket.destroy());
    socket.once('secureConnect', () => resolve(socket)).once('error', reject);
  });
}

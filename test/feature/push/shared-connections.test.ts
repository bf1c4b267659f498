/** Connections that carry more than one request, or that end at an unlucky moment: nothing of them stays behind. */
import { connect } from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { acknowledgementsPath, tablesPath } from '#shared/push/push-channel.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { openPush } from '../../support/push-reader.ts';
import { RawConnection } from '../../support/raw-connection.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startTestPushServer, type TestPushServer } from '../../support/start-test-push-server.ts';

const hello = `POST ${tablesPath} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer token-a\r\nContent-Length: 2\r\n\r\n{}`;

describe('a second Hello behind a stream on one connection', () => {
  test('opens no stream, for nobody could ever read it', async () => {
    const server = await startTestPushServer();
    const connection = await openTls(server);
    connection.send(hello + hello + hello + hello + hello);
    await connection.receives('SYNCED');
    connection.socket.destroy();
    
    await new Promise((r) => setTimeout(r, 4000));
    console.log(Object.fromEntries(server.counted));
    server.board.set('shop', fakeEndpoint('one'));
    expect(server.running.counts.countFor('shop/one').entitled).toBe(0);
  });
});

async function openTls({ port, caPem }: TestPushServer): Promise<RawConnection> {
  const socket = connect({ host: '127.0.0.1', port, ca: caPem, servername: 'localhost' });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve, reject) => {
    socket.once('secureConnect', resolve).once('error', reject);
  });
  return new RawConnection(socket);
}

/** Whose acknowledgement it is: known by the stream that the same token opened, reviewed otherwise. */
import { expect, test } from 'vitest';
import type { Acknowledgement } from '#shared/push/push-channel.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { acknowledge, openPush, type PushReader } from '../../support/push-reader.ts';
import { identityOf, startTestPushServer } from '../../support/start-test-push-server.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

function saying({ id }: PushReader, revision: string): Acknowledgement {
  return { stream: id, revision, state: 'applied', reasons: [] };
}

test('the token that opened a stream is not reviewed again while the stream is open', async () => {
  const server = await startTestPushServer();
  server.board.set('shop', fakeEndpoint('one'));
  const reader = await openPush(server, 'token-a');
  const revision = await reader.synced(1);
  let reviews = 0;
  server.onAuthenticated = () => (reviews += 1);
  expect((await acknowledge(server, 'token-a', saying(reader, revision))).status).toBe(204);
  expect(reviews).toBe(0);
  server.resultsByToken.set('token-a2', { state: 'accepted', identity: identityOf('a') });
  expect((await acknowledge(server, 'token-a2', saying(reader, revision))).status).toBe(204);
  expect(reviews).toBe(1);
});

test('it is reviewed again when its last stream has ended', async () => {
  const server = await startTestPushServer();
  const [one, two] = [await openPush(server, 'token-a'), await openPush(server, 'token-a')];
  server.resultsByToken.delete('token-a');
  one.response.destroy();
  await waitUntil(() => server.counted.get('streamEnded left') === 1);
  expect((await acknowledge(server, 'token-a', saying(two, 'x'))).status).toBe(204);
  two.response.destroy();
  await waitUntil(() => server.counted.get('streamEnded left') === 2);
  expect((await acknowledge(server, 'token-a', saying(two, 'x'))).status).toBe(401);
});

test('a pod that has ended is a stranger at once', async () => {
  const server = await startTestPushServer();
  const reader = await openPush(server, 'token-a');
  server.resultsByToken.delete('token-a');
  server.endIdentity('uid-shop-a');
  await waitUntil(() => server.counted.get('streamEnded identity-ended') === 1);
  expect((await acknowledge(server, 'token-a', saying(reader, 'x'))).status).toBe(401);
});

/** What is not served, and how that is said. */
import { describe, expect, test } from 'vitest';
import { acknowledgementsPath, tablesPath } from '#shared/push/push-channel.ts';
import { peerCountsPath } from '../../../operator/push/peer-counts-message.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import { acknowledge, askPush, openPush } from '../../support/push-reader.ts';
import { identityOf, startTestPushServer } from '../../support/start-test-push-server.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

describe('a request without a good token', () => {
  test.each([tablesPath, acknowledgementsPath])('is refused at %s, with no byte of a table', async (path) => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'));
    const bad = [undefined, '', 'other', 'token-a x', 'é', '{}'];
    for (const token of bad) {
      const answer = await askPush(server, {
        path,
        ...(token === undefined ? {} : { token: encodeURI(token) }),
        body: '{}',
      });
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toMatch(/^Bearer/);
      expect(answer.body).toMatch(/^\{"code":"unauthenticated","message":"[^"]+"\}\n$/);
    }
    const basic = await askPush(server, { path, headers: { authorization: 'Basic dG9rZW4tYTo=' }, body: '{}' });
    expect(basic.status).toBe(401);
    expect(server.counted.get('requestRefused unauthenticated')).toBe(bad.length + 1);
    expect(server.counted.get('bytesSent')).toBeUndefined();
  });

  test('learns why, and when to come again', async () => {
    const server = await startTestPushServer();
    server.resultsByToken.set('stranger', { state: 'forbidden', message: 'the Pod is not labelled' });
    server.resultsByToken.set('later', { state: 'unavailable', message: 'no answer', retryAfterMs: 2_500 });
    const forbidden = await askPush(server, { path: tablesPath, token: 'stranger' });
    expect(forbidden).toMatchObject({
      status: 403,
      body: '{"code":"forbidden","message":"the Pod is not labelled"}\n',
    });
    const later = await askPush(server, { path: tablesPath, token: 'later' });
    expect(later).toMatchObject({ status: 503, headers: { 'retry-after': '3' } });
  });

  test('is told nothing while the operator has not read the cluster', async () => {
    const server = await startTestPushServer();
    server.isReady = false;
    const answer = await askPush(server, { path: tablesPath, token: 'token-a' });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'not-ready' });
  });
});

describe('a Hello', () => {
  test.each([
    ['not JSON', '{"revision":'],
    ['an array', '[]'],
    ['a number', '1'],
    ['null', 'null'],
    ['revisions of another type', '{"revisionsByName":{"one":1}}'],
    ['revisions as an array', '{"revisionsByName":["x"]}'],
    ['a revision that is too long', JSON.stringify({ revision: 'x'.repeat(1_000) })],
    ['NUL bytes', Buffer.alloc(100)],
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d])],
    ['deep nesting', '['.repeat(100_000)],
  ])('that is %s is refused', async (_, body) => {
    const server = await startTestPushServer();
    const answer = await askPush(server, { path: tablesPath, token: 'token-a', body });
    expect(answer.status).toBe(400);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'bad-request' });
  });

  test.each(['', ' ', '{}', '{"more":1}', '{"__proto__":{"revision":"x"}}', '{"revisionsByName":{"__proto__":"x"}}'])(
    'of %j holds nothing',
    async (body) => {
      const server = await startTestPushServer();
      server.board.set('shop', fakeEndpoint('one'));
      const reader = await openPush(server, 'token-a', body);
      await reader.synced(1);
      expect(reader.held()).toEqual({ one: fakeEndpoint('one').revision });
    },
  );

  test('that is too large is refused, whether it says so or not', async () => {
    const server = await startTestPushServer();
    const body = Buffer.alloc(2 * 1024 * 1024 + 1, ' ');
    expect((await askPush(server, { path: tablesPath, token: 'token-a', body })).status).toBe(413);
    const headers = { 'transfer-encoding': 'chunked' };
    const chunked = await askPush(server, { path: tablesPath, token: 'token-a', body, headers });
    expect(chunked).toMatchObject({ status: 413 });
    expect(JSON.parse(chunked.body)).toMatchObject({ code: 'body-too-large' });
    const fits = Buffer.concat([Buffer.from('{}'), Buffer.alloc(2 * 1024 * 1024 - 2, ' ')]);
    const reader = await askPush(server, { path: acknowledgementsPath, token: 'token-a', body: fits });
    expect(reader.status).toBe(400);
  });

  test('that is compressed is refused', async () => {
    const server = await startTestPushServer();
    const headers = { 'content-encoding': 'gzip' };
    expect((await askPush(server, { path: tablesPath, token: 'token-a', headers })).status).toBe(415);
  });

  test('has to wait when too many are being read', async () => {
    const server = await startTestPushServer({ limits: { maxBodyBytesInAll: 8_192 } });
    const answer = await askPush(server, { path: tablesPath, token: 'token-a', body: Buffer.alloc(10_000, ' ') });
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
    const reader = await openPush(server, 'token-a');
    expect(await reader.synced(1)).not.toBe('');
  });

  test('may not come from one pod all the time', async () => {
    const server = await startTestPushServer();
    const statuses = new Set<number>();
    await waitUntil(async () => {
      const answer = await askPush(server, { path: tablesPath, token: 'token-a', body: 'x' });
      statuses.add(answer.status);
      return answer.status === 429 && Number(answer.headers['retry-after']) > 0;
    });
    expect([...statuses]).toEqual([400, 429]);
    expect((await openPush(server, 'token-b')).id).not.toBe('');
  });
});

describe('anything else', () => {
  test('is answered with what would be right', async () => {
    const server = await startTestPushServer();
    const get = await askPush(server, { path: tablesPath, method: 'GET' });
    expect(get).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await askPush(server, { path: peerCountsPath })).toMatchObject({ status: 405, headers: { allow: 'GET' } });
    for (const path of ['/', '/v1/tables/watch/', '/V1/tables/watch', '/v1//tables/watch', '/v1/tables/%77atch/..'])
      expect((await askPush(server, { path, token: 'token-a' })).status).toBe(404);
    expect((await askPush(server, { path: '/%', token: 'token-a' })).status).toBe(404);
    expect((await askPush(server, { path: '/' })).headers['x-powered-by']).toBeUndefined();
  });
});

describe('an acknowledgement', () => {
  test('of another pod is forbidden, and changes nothing', async () => {
    const server = await startTestPushServer();
    server.board.set('shop', fakeEndpoint('one'));
    const reader = await openPush(server, 'token-a');
    const revision = await reader.synced(1);
    const forged = { stream: reader.id, revision, state: 'applied', reasons: [] };
    expect((await acknowledge(server, 'token-b', forged)).status).toBe(403);
    server.resultsByToken.set('token-a-new-pod', {
      state: 'accepted',
      identity: identityOf('a', { podUid: 'the pod after' }),
    });
    expect((await acknowledge(server, 'token-a-new-pod', forged)).status).toBe(403);
    expect(server.running.counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 0 });
    expect((await reader.acknowledge(revision)).status).toBe(204);
    expect(server.running.counts.countFor('shop/one')).toEqual({ entitled: 1, programmed: 1 });
  });

  test.each([
    ['no stream', { stream: undefined }],
    ['another state', { state: 'happy' }],
    ['reasons that are none', { reasons: 'none' }],
    ['too many reasons', { reasons: Array.from({ length: 1_001 }, () => ({ endpoint: 'one', message: '' })) }],
    ['an empty revision', { revision: '' }],
  ])('with %s is refused', async (_, mistake) => {
    const server = await startTestPushServer();
    const reader = await openPush(server, 'token-a');
    const answer = await reader.acknowledge(await reader.synced(1), mistake);
    expect(answer.status).toBe(400);
    expect(answer.body).not.toContain('happy');
  });

  test('of a stream that nobody knows is taken, and nothing comes of it', async () => {
    const server = await startTestPushServer();
    const unknown = { stream: 'x'.repeat(22), revision: 'r', state: 'applied', reasons: [] };
    expect((await acknowledge(server, 'token-a', unknown)).status).toBe(204);
    expect(server.counted.get('acknowledged stray')).toBe(1);
  });
});

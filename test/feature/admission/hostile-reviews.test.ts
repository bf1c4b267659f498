/** Nobody authenticates at the webhooks: whatever comes is answered or cut off, costs little, and leaves nothing behind. */
import { describe, expect, test } from 'vitest';
import { askPush, openTlsConnection } from '../../support/push-reader.ts';
import type { RawConnection } from '../../support/raw-connection.ts';
import {
  askAdmission,
  review,
  reviewText,
  startTestAdmissionServer,
  type TestAdmissionServer,
} from '../../support/start-test-admission-server.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

const paths = ['/inject', '/validate'] as const;

/** Text that JSON.stringify would not write. */
function withObject(object: string, kind = 'Pod'): string {
  return reviewText({ kind, object: 'HERE' }).replace('"HERE"', object);
}

async function goesOn(server: TestAdmissionServer): Promise<void> {
  const object = {
    metadata: { annotations: { 'dapr.io/enabled': 'true', 'dapr.io/app-id': 'a' } },
    spec: { containers: [{ name: 'app' }] },
  };
  expect((await review(server, '/inject', { object })).patchType).toBe('JSONPatch');
}

describe.each(paths)('%s', (path) => {
  test.each([
    ['nothing', '', 400],
    ['no JSON', 'hello', 400],
    ['half of it', reviewText({ object: {} }).slice(0, -3), 400],
    ['a list', '[]', 400],
    ['null', 'null', 400],
    ['another kind', '{"apiVersion":"admission.k8s.io/v1","kind":"ConversionReview","request":{}}', 400],
    ['an older version', reviewText({}).replace('k8s.io/v1', 'k8s.io/v1beta1'), 400],
    ['no uid', reviewText({}).replace('uid-1', ''), 400],
    ['a uid without end', reviewText({}).replace('uid-1', 'u'.repeat(10_000)), 400],
    ['a number for a uid', reviewText({}).replace('"uid-1"', '1'), 400],
    ['an unknown operation', reviewText({ operation: 'PAINT' }), 400],
    ['an answer', '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"u"}}', 400],
    ['lists in lists', withObject('['.repeat(1_000_000) + ']'.repeat(1_000_000)), 400],
    ['maps in maps', withObject('{"a":'.repeat(200_000) + '1' + '}'.repeat(200_000)), 400],
    ['a million values', withObject(`[${'{},'.repeat(1_000_000)}1]`), 400],
    ['more than fits', withObject(`"${'x'.repeat(8 * 1024 * 1024)}"`), 413],
  ])('with %s', async (_, body, status) => {
    const server = await startTestAdmissionServer();
    const answer = await askAdmission(server, path, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(/^\{"code":"[a-z-]+","message":"[^"]*/);
    expect(answer.body.length).toBeLessThan(1_000);
    expect(server.lines).toEqual([]);
    await goesOn(server);
  });

  test.each([
    ['a text', '"pod"'],
    ['a list', '[1,2]'],
    ['a number', '1e999'],
    ['metadata of the wrong type', '{"metadata":[],"spec":7}'],
    ['annotations that are a list', '{"metadata":{"annotations":["dapr.io/enabled"]},"spec":{}}'],
    ['annotations that are no texts', '{"metadata":{"annotations":{"dapr.io/enabled":true,"dapr.io/app-id":{}}}}'],
    ['a prototype', '{"__proto__":{"metadata":{"annotations":{"dapr.io/enabled":"true"}}}}'],
    [
      'prototype keys',
      `{"metadata":{"name":"a","__proto__":{"x":1},"annotations":{"dapr.io/enabled":"true","__proto__":"x",
        "farpoint.dev/__proto__":"x","farpoint.dev/constructor":"y","dapr.io/toString":"z","constructor":"w"},
        "labels":{"__proto__":"x"}},"spec":{"__proto__":{"a":1},"containers":[{"name":"app","env":[{"name":"__proto__"}]}]}}`,
    ],
    [
      'containers that are none',
      '{"metadata":{"annotations":{"dapr.io/enabled":"true"}},"spec":{"containers":[null,1,[]]}}',
    ],
    [
      'owners that are none',
      '{"metadata":{"annotations":{"dapr.io/enabled":"?"},"ownerReferences":[null,1,{"controller":true}]}}',
    ],
    [
      'specs of ours of the wrong type',
      '{"metadata":{"name":"a"},"spec":{"baseUrl":{},"headers":{},"type":[],"api":7},"scopes":{"a":1}}',
    ],
    ['names of the wrong type', '{"metadata":{"name":{},"namespace":7},"spec":{"baseUrl":"https://a"}}'],
  ])('with an object that is %s', async (_, object) => {
    const server = await startTestAdmissionServer();
    for (const kind of ['Pod', 'HTTPEndpoint', 'Configuration', 'Component', 'Resiliency']) {
      const answer = await askAdmission(server, path, withObject(object, kind));
      expect(answer).toMatchObject({ status: 200, body: expect.stringContaining('"uid":"uid-1"') as string });
    }
    expect(server.lines).toEqual([]);
    expect(({} as Record<string, unknown>)['metadata']).toBeUndefined();
    await goesOn(server);
  });

  test('of another type, method or encoding', async () => {
    const server = await startTestAdmissionServer();
    const body = reviewText({});
    const json = { 'content-type': 'application/json' };
    expect(await askPush(server, { path, body, headers: { 'content-type': 'text/yaml' } })).toMatchObject({
      status: 415,
    });
    expect(await askPush(server, { path, body })).toMatchObject({ status: 415 });
    expect(await askPush(server, { path, body, headers: { ...json, 'content-encoding': 'gzip' } })).toMatchObject({
      status: 415,
    });
    expect(await askPush(server, { path, method: 'GET' })).toMatchObject({ status: 405, headers: { allow: 'POST' } });
    expect(await askPush(server, { path: `${path}/`, body, headers: json })).toMatchObject({ status: 404 });
    await goesOn(server);
  });
});

test('a message that is as long as somebody wants is shortened, and so are warnings', async () => {
  const server = await startTestAdmissionServer();
  const wrong = Object.fromEntries(
    Array.from({ length: 500 }, (_, at) => [`farpoint.dev/enable${at}`, 'x'.repeat(300)]),
  );
  const annotations = { 'dapr.io/enabled': 'true', 'dapr.io/app-id': 'a', ...wrong };
  const object = { metadata: { annotations }, spec: { containers: [{ name: 'app' }] } };
  const { warnings = [] } = await review(server, '/inject', { object });
  expect(warnings.length).toBeGreaterThan(1);
  expect(warnings.join('').length).toBeLessThan(4_096);
  expect(Math.max(...warnings.map(({ length }) => length))).toBeLessThanOrEqual(256);
  const headers = Array.from({ length: 5_000 }, (_, at) => ({ name: `A-${at}`, value: 'a\nb' }));
  const endpoint = { metadata: { name: 'a' }, spec: { baseUrl: 'https://a.example', headers } };
  const { status } = await review(server, '/validate', { kind: 'HTTPEndpoint', object: endpoint });
  expect(status?.message.length).toBeLessThan(9_000);
});

describe('a connection', () => {
  test('that sends its body slowly is cut off, and an answer comes first', async () => {
    const server = await startTestAdmissionServer({ limits: { requestTimeoutMs: 100 } });
    const slow = await openTlsConnection(server);
    slow.send('POST /inject HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{');
    await slow.closed();
    expect(slow.received).toMatch(/^HTTP\/1\.1 408 /);
    await goesOn(server);
  });

  test('that holds a body keeps others from holding more than there is room for', async () => {
    const server = await startTestAdmissionServer({ limits: { maxBodyBytes: 90_000, maxBodyBytesInAll: 200_000 } });
    const ask = async (): Promise<number> =>
      (await askAdmission(server, '/inject', withObject(`"${'x'.repeat(60_000)}"`))).status;
    const holder = await openTlsConnection(server);
    const head = 'POST /inject HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n';
    holder.send(head + ' '.repeat(80_000));
    await waitUntil(async () => (await ask()) === 503);
    expect(server.counted.get('reviewRefused overloaded')).toBe(1);
    holder.socket.destroy();
    await waitUntil(async () => (await ask()) === 200);
  });

  test('too many are too many for whoever opens them', async () => {
    const server = await startTestAdmissionServer({ limits: { maxConnections: 4 } });
    const connections: RawConnection[] = [];
    for (let count = 0; count < 10; count += 1) connections.push(await openTlsConnection(server));
    await waitUntil(() => connections.filter(({ isClosed }) => isClosed).length === 6);
    expect(server.counted.get('connectionRefused too-many')).toBe(6);
    await goesOn(server);
  });
});

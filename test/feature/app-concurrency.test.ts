/** `--app-max-concurrency`: who gets the next place, and what becomes of a place when a call ends in whatever way. */
import { request as httpRequest, type ClientRequest, type ServerResponse } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask } from '../support/ask.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { endpointManifest } from '../support/tls-manifests.ts';

interface Held {
  readonly proxy: TestProxy;
  /** Paths in the order in which they reached the application. */
  readonly arrived: readonly string[];
  readonly responses: readonly ServerResponse[];
}

const appPath = '/v1.0/invoke/orders/method/';

/** An application that holds every call until the test ends it; one at a time is let through. */
async function startHeld(args: readonly string[] = []): Promise<Held> {
  const arrived: string[] = [];
  const responses: ServerResponse[] = [];
  const app = await startUpstream((request, response) => {
    arrived.push(request.url ?? '');
    responses.push(response);
  });
  const proxy = await startTestProxy({ args: [`--app-port=${app.port}`, '--app-max-concurrency=1', ...args] });
  return { proxy, arrived, responses };
}

/** Sends a call and resolves when the proxy has it: answers come in order on one connection, but these are many. */
async function queue({ proxy }: Held, name: string): Promise<ClientRequest> {
  const request = httpRequest({ port: proxy.port, host: '127.0.0.1', path: appPath + name, agent: false });
  request.on('error', () => request.destroy()).on('response', (response) => response.resume());
  onTestFinished(() => void request.destroy());
  await new Promise<void>((resolve) => request.end(resolve));
  // A later request is answered only after the earlier one has been read.
  await ask(proxy.port, { path: '/v1.0/healthz/outbound' });
  return request;
}

describe('calls in line', () => {
  test('get their turn in the order in which they came', async () => {
    const held = await startHeld();
    for (const name of ['a', 'b', 'c', 'd']) await queue(held, name);
    for (let count = 1; count <= 4; count += 1) {
      await waitUntil(() => held.arrived.length === count);
      held.responses[count - 1]?.end();
    }
    expect(held.arrived).toEqual(['/a', '/b', '/c', '/d']);
  });

  test('that are given up never reach the application, and the next one does', async () => {
    const held = await startHeld();
    await queue(held, 'running');
    const given = await queue(held, 'given-up');
    await queue(held, 'next');
    given.destroy();
    await waitUntil(() =>
      held.proxy.lines.some(({ fields }) => fields['code'] === 'caller-left' || fields['code'] === 'bad-request'),
    );
    held.responses[0]?.end();
    await waitUntil(() => held.arrived.length === 2);
    expect(held.arrived).toEqual(['/running', '/next']);
  });

  test('that are given up make room in the line', async () => {
    const held = await startHeld(['--max-queued-requests=1']);
    await queue(held, 'running');
    const given = await queue(held, 'given-up');
    expect((await ask(held.proxy.port, { path: `${appPath}too-many` })).status).toBe(503);
    given.destroy();
    const path = `${appPath}late`;
    // Until the one that left is noticed, there is still no room.
    const late = waitUntil(async () => (await ask(held.proxy.port, { path })).status === 200);
    await waitUntil(() => {
      for (const response of held.responses) response.end();
      return held.arrived.includes('/late');
    });
    await late;
    expect(held.arrived).not.toContain('/given-up');
  });
});

describe('the place of a call', () => {
  test.each([
    ['whose caller leaves', async (_held: Held, first: ClientRequest) => void first.destroy()],
    ['that the application breaks off', async ({ responses }: Held) => void responses[0]?.destroy()],
    [
      'that the application breaks off inside its answer',
      async ({ responses }: Held) => void responses[0]?.write('half', () => responses[0]?.destroy()),
    ],
  ])('%s is free again', async (_how, end) => {
    const held = await startHeld();
    const first = await queue(held, 'first');
    await waitUntil(() => held.arrived.length === 1);
    await queue(held, 'second');
    await end(held, first);
    await waitUntil(() => held.arrived.length === 2);
    expect(held.arrived).toEqual(['/first', '/second']);
  });

  test('is taken until the whole answer has been passed on', async () => {
    const held = await startHeld();
    await queue(held, 'first');
    await waitUntil(() => held.arrived.length === 1);
    held.responses[0]?.write('half');
    await queue(held, 'second');
    expect(held.arrived).toEqual(['/first']);
    held.responses[0]?.end('whole');
    await waitUntil(() => held.arrived.length === 2);
  });

  test('is waited for by a WebSocket too', async () => {
    const held = await startHeld();
    await queue(held, 'first');
    const socket = new WebSocket(`ws://127.0.0.1:${held.proxy.port}${appPath}ws`);
    socket.on('error', () => socket.terminate());
    await ask(held.proxy.port, { path: '/v1.0/healthz/outbound' });
    expect(held.arrived).toEqual(['/first']);
    socket.terminate();
  });

  test('is not doubled by a change of the endpoint', async () => {
    const held: ServerResponse[] = [];
    const upstream = await startUpstream((_request, response) => void held.push(response));
    const manifest = (value: string): string =>
      endpointManifest({ name: 'far', baseUrl: upstream.origin, headers: { 'X-Key': { value } } });
    const proxy = await startTestProxy({ resources: { 'far.yaml': manifest('1') }, args: ['--app-max-concurrency=1'] });
    const path = '/v1.0/invoke/far/method/x';
    const first = ask(proxy.port, { path });
    await waitUntil(() => held.length === 1);
    await proxy.change('far.yaml', manifest('2'));
    const second = ask(proxy.port, { path });
    await ask(proxy.port, { path: '/v1.0/healthz/outbound' });
    expect(held).toHaveLength(1);
    held[0]?.end('1');
    await waitUntil(() => held.length === 2);
    held[1]?.end('2');
    expect([(await first).body, (await second).body]).toEqual(['1', '2']);
  });
});

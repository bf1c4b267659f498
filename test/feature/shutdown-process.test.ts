/** The real command line told to stop: what callers see, and the exit code. */
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { FarpointProcess, startProxyProcess } from './cli/farpoint-process.ts';

interface Held {
  readonly farpoint: FarpointProcess;
  readonly port: number;
  /** The caller's side of a response that is under way. */
  readonly response: IncomingMessage;
  /** The upstream's side of it. */
  readonly upstream: ServerResponse;
}

/** A process with one event stream through it. */
async function startStreaming(argv: readonly string[]): Promise<Held> {
  const opened = Promise.withResolvers<ServerResponse>();
  const { origin } = await startUpstream((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: one\n\n');
    opened.resolve(response);
  });
  const { farpoint, url } = await startProxyProcess(argv);
  const port = Number(new URL(url).port);
  const request = httpRequest({ port, host: '127.0.0.1', path: `/v1.0/invoke/${origin}/method/events`, agent: false });
  request.end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  await once(response, 'readable');
  return { farpoint, port, response, upstream: await opened.promise };
}

describe('SIGTERM', () => {
  test('lets an event stream end as its upstream ends it, then exits 0', async () => {
    const { farpoint, port, response, upstream } = await startStreaming(['--dapr-graceful-shutdown-seconds=0']);
    farpoint.child.kill('SIGTERM');
    await farpoint.logged('shutdown begins');
    await waitUntil(async () => !(await canAsk(port)));
    upstream.end('data: two\n\n');
    let body = '';
    for await (const piece of response) body += String(piece);
    expect(body).toBe('data: one\n\ndata: two\n\n');
    expect(await farpoint.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('cuts what outlives the grace period, so that it does not look whole, and exits 1', async () => {
    const { farpoint, response } = await startStreaming(['--dapr-graceful-shutdown-seconds=1']);
    farpoint.child.kill('SIGTERM');
    const [error] = (await once(response.resume(), 'error')) as [Error];
    expect(error.message).toBe('aborted');
    expect((await farpoint.ended).code).toBe(1);
  });

  test('while the application is still waited for exits 0', async () => {
    const { farpoint } = await startProxyProcess(['--app-port=1']);
    await farpoint.logged('waiting for the application');
    farpoint.child.kill('SIGTERM');
    expect(await farpoint.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('keeps serving for --dapr-block-shutdown-duration, which a second signal cuts short with 1', async () => {
    const { farpoint, url } = await startProxyProcess(['--dapr-block-shutdown-duration=1h']);
    const port = Number(new URL(url).port);
    farpoint.child.kill('SIGTERM');
    await farpoint.logged('shutdown begins');
    expect((await ask(port, { path: '/v1.0/healthz/outbound' })).status).toBe(500);
    expect((await ask(port, { path: '/v1.0/metadata' })).status).toBe(200);
    farpoint.child.kill('SIGTERM');
    expect((await farpoint.ended).code).toBe(1);
  });
});

describe('POST /v1.0/shutdown', () => {
  test('with dapr-force-shutdown cuts what runs and exits 1', async () => {
    const { farpoint, port, response } = await startStreaming(['--dapr-graceful-shutdown-seconds=0']);
    const headers = ['dapr-force-shutdown', 'true'];
    expect((await ask(port, { method: 'POST', path: '/v1.0/shutdown', headers })).status).toBe(204);
    const [error] = (await once(response.resume(), 'error')) as [Error];
    expect(error.message).toBe('aborted');
    expect((await farpoint.ended).code).toBe(1);
  });
});

describe('a port that is taken', () => {
  test.each([
    ['--dapr-http-port', []],
    ['--dapr-public-port', ['--dapr-http-port=0', '--dapr-public-listen-address=127.0.0.1']],
    ['--metrics-port', ['--dapr-http-port=0', '--metrics-listen-address=127.0.0.1']],
  ])('%s: one clear sentence, exit code 1', async (flag, argv) => {
    const taken = await startUpstream((_request, response) => response.end());
    const metrics = flag === '--metrics-port' ? [] : ['--enable-metrics=false'];
    const farpoint = new FarpointProcess(['proxy', '--app-id=a', `${flag}=${taken.port}`, ...argv, ...metrics]);
    const { code, stderr } = await farpoint.ended;
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(stderr).toContain(`cannot listen on 127.0.0.1:${taken.port}: it is taken by another program`);
  });
});

async function canAsk(port: number): Promise<boolean> {
  return ask(port, { path: '/v1.0/healthz' }).then(
    () => true,
    () => false,
  );
}

import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { FarpointProcess, startProxyProcess } from './farpoint-process.ts';

/** Accepts connections and never answers. Resolves with its port and a promise of the first byte. */
async function startSilentUpstream(): Promise<{ port: number; called: Promise<unknown> }> {
  const called = Promise.withResolvers<unknown>();
  const server = createServer((socket) => {
    socket.on('data', called.resolve);
    socket.on('error', () => undefined);
    onTestFinished(() => void socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { port: (server.address() as AddressInfo).port, called: called.promise };
}

/** Leaves one call in flight, so that a graceful end has something to wait for. */
async function callWithoutEnd(url: string): Promise<void> {
  const upstream = await startSilentUpstream();
  fetch(`${url}/v1.0/invoke/http://127.0.0.1:${upstream.port}/method/wait`).catch(() => undefined);
  await upstream.called;
}

describe('farpoint proxy', () => {
  test('serves, names once the flags it ignores, and ends with 0 on SIGTERM', async () => {
    const { farpoint, url } = await startProxyProcess(['--enable-mtls', '--placement-host-address', 'localhost:1']);
    expect((await fetch(`${url}/v1.0/healthz/outbound`)).status).toBe(204);
    farpoint.child.kill('SIGTERM');
    expect(await farpoint.ended).toMatchObject({ code: 0, stderr: '' });
    const ignored = farpoint.log.filter(({ flags }) => flags !== undefined);
    expect(ignored).toHaveLength(1);
    expect(ignored[0]).toMatchObject({ level: 'info', flags: ['--enable-mtls', '--placement-host-address'] });
  });

  test('logs lines with app_id, instance and ver', async () => {
    const { farpoint } = await startProxyProcess();
    for (const line of farpoint.log) {
      expect(line).toMatchObject({
        app_id: 'caller',
        instance: expect.any(String) as string,
        ver: expect.any(String) as string,
      });
    }
  });

  test('ends with 0 on SIGINT and on POST /v1.0/shutdown', async () => {
    const byKey = await startProxyProcess();
    byKey.farpoint.child.kill('SIGINT');
    expect((await byKey.farpoint.ended).code).toBe(0);
    const byCall = await startProxyProcess();
    expect((await fetch(`${byCall.url}/v1.0/shutdown`, { method: 'POST' })).status).toBe(204);
    expect((await byCall.farpoint.ended).code).toBe(0);
  });

  test('ends with 1 at once on a second signal', async () => {
    const { farpoint, url } = await startProxyProcess(['--dapr-graceful-shutdown-seconds=0']);
    await callWithoutEnd(url);
    farpoint.child.kill('SIGTERM');
    await farpoint.logged('shutdown begins');
    farpoint.child.kill('SIGTERM');
    expect((await farpoint.ended).code).toBe(1);
  });

  test('ends with 1 when requests outlive the grace period', async () => {
    const { farpoint, url } = await startProxyProcess(['--dapr-graceful-shutdown-seconds=1']);
    await callWithoutEnd(url);
    farpoint.child.kill('SIGTERM');
    expect((await farpoint.ended).code).toBe(1);
  });

  test('keeps serving after SIGHUP', async () => {
    const { farpoint, url } = await startProxyProcess();
    farpoint.child.kill('SIGHUP');
    await farpoint.logged('SIGHUP is not needed: a change on disk applies by itself');
    expect((await fetch(`${url}/v1.0/healthz/outbound`)).status).toBe(204);
  });

  test('says in one sentence that its port is taken, and exits 1', async () => {
    const { url } = await startProxyProcess();
    const { port } = new URL(url);
    const second = new FarpointProcess(['proxy', '--app-id=b', `--dapr-http-port=${port}`, '--enable-metrics=false']);
    const { code, stderr } = await second.ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `farpoint proxy cannot start: cannot listen on 127.0.0.1:${port}: it is taken by another program; choose another port\n`,
    });
  });

  test('writes its whole log to --log-file', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'farpoint-log-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'proxy.log');
    const argv = [
      'proxy',
      '--app-id=a',
      '--dapr-http-port=0',
      '--enable-metrics=false',
      '--log-as-json',
      `--log-file=${file}`,
    ];
    const farpoint = new FarpointProcess(argv);
    await expect.poll(() => readIfThere(file), { timeout: 15_000 }).toContain('proxy is ready');
    farpoint.child.kill('SIGTERM');
    expect(await farpoint.ended).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(file, 'utf8')).toContain('shutdown is complete');
  });

  test('never prints a token', async () => {
    const token = 'correct-horse-battery-staple';
    const { farpoint, url } = await startProxyProcess(['--log-level=debug'], {
      env: { DAPR_API_TOKEN: token, APP_API_TOKEN: token },
    });
    expect((await fetch(`${url}/v1.0/metadata`)).status).toBe(401);
    expect((await fetch(`${url}/v1.0/metadata`, { headers: { 'dapr-api-token': token } })).status).toBe(200);
    farpoint.child.kill('SIGTERM');
    const { stdout, stderr } = await farpoint.ended;
    expect(stdout + stderr).not.toContain(token);
  });
});

describe('farpoint proxy --wait', () => {
  test('waits until a proxy can call out, tells its progress, and exits 0', async () => {
    const { url } = await startProxyProcess();
    const { port } = new URL(url);
    const waiting = await new FarpointProcess(['proxy', '--wait', `--dapr-http-port=${port}`]).ended;
    expect(waiting).toEqual({ code: 0, stdout: '', stderr: 'ready\n' });
  });

  test('says what it waits for while nothing answers', async () => {
    const reserved = createServer().listen(0, '127.0.0.1');
    await once(reserved, 'listening');
    const { port } = reserved.address() as AddressInfo;
    reserved.close();
    const waiting = new FarpointProcess(['proxy', '--wait', `--dapr-http-port=${port}`]);
    await waiting.wroteError(`waiting for http://127.0.0.1:${port}/v1.0/healthz/outbound: ECONNREFUSED`);
    await startProxyProcess([`--dapr-http-port=${port}`]);
    expect((await waiting.ended).code).toBe(0);
  });
});

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

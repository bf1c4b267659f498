/** Where the API listens: every address that is named, a socket file, or a clear sentence why not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const health = { path: '/v1.0/healthz' };

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-socket-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A socket file whose program was killed: the kernel leaves the file behind. */
async function leaveSocketFile(path: string): Promise<void> {
  const script = 'require("node:net").createServer().listen(process.argv[1], () => console.log("listens"))';
  const child = spawn(process.execPath, ['-e', script, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect((await stat(path)).isSocket()).toBe(true);
}

describe('--dapr-listen-addresses', () => {
  test('is loopback alone when absent', async () => {
    const proxy = await startTestProxy();
    expect((await ask(proxy.port, health)).status).toBe(204);
  });

  test('opens every address on the same port', async () => {
    const proxy = await startTestProxy({ args: ['--dapr-listen-addresses=127.0.0.1,127.0.0.2'] });
    for (const host of ['127.0.0.1', '127.0.0.2']) {
      const upstream = await startTestProxy();
      const answer = await ask(upstream.port, {
        path: `/v1.0/invoke/http://${host}:${proxy.port}/method/v1.0/healthz`,
      });
      expect(answer.status).toBe(204);
    }
  });
});

test('an address that the machine does not have is one clear sentence', async () => {
  await expect(startTestProxy({ args: ['--dapr-listen-addresses=127.0.0.1,192.0.2.1'] })).rejects.toThrow(
    /^cannot listen on 192\.0\.2\.1:\d+: this machine does not have that address$/,
  );
});

test('::1, which an injector names, may be missing', async () => {
  const proxy = await startTestProxy({ args: ['--dapr-listen-addresses=[::1],127.0.0.1'] });
  expect((await ask(proxy.port, health)).status).toBe(204);
});

test('a port that is taken is one clear sentence', async () => {
  const upstream = await startUpstream(() => {});
  await expect(startTestProxy({ args: [`--dapr-http-port=${upstream.port}`] })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${upstream.port}: it is taken by another program; choose another port`,
  );
});

describe('--unix-domain-socket', () => {
  test('replaces a socket file that a killed program left behind', async () => {
    const folder = await temporaryFolder();
    const socketPath = join(folder, 'dapr-orders-http.socket');
    await leaveSocketFile(socketPath);
    await startTestProxy({ args: [`--unix-domain-socket=${folder}`] });
    expect((await ask(0, { socketPath, ...health })).status).toBe(204);
  });

  test('does not take the socket of a program that runs', async () => {
    const folder = await temporaryFolder();
    const socketPath = join(folder, 'dapr-orders-http.socket');
    const server = createServer().listen(socketPath);
    await once(server, 'listening');
    onTestFinished(() => new Promise<void>((resolve) => void server.close(() => resolve())));
    await expect(startTestProxy({ args: [`--unix-domain-socket=${folder}`] })).rejects.toThrow(
      `cannot listen on ${socketPath}: it is taken by another program`,
    );
    expect((await stat(socketPath)).isSocket()).toBe(true);
  });

  test('in a folder that does not exist is one clear sentence', async () => {
    const folder = join(await temporaryFolder(), 'nowhere');
    await expect(startTestProxy({ args: [`--unix-domain-socket=${folder}`] })).rejects.toThrow(
      /^cannot listen on .*nowhere/,
    );
  });

  test('serves whatever user a container of the pod runs as', async () => {
    const folder = await temporaryFolder();
    await startTestProxy({ args: [`--unix-domain-socket=${folder}`] });
    const { mode } = await stat(join(folder, 'dapr-orders-http.socket'));
    expect(mode & 0o666).toBe(0o666);
  });

  test('goes away with the proxy', async () => {
    const folder = await temporaryFolder();
    const proxy = await startTestProxy({ args: [`--unix-domain-socket=${folder}`] });
    proxy.running.shutdown();
    await proxy.running.ended;
    await expect(stat(join(folder, 'dapr-orders-http.socket'))).rejects.toThrow(/ENOENT/);
  });
});

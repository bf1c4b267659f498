/** The proxy with the arguments that injection gives it, in folders as the kubelet makes them, as the user of the image. */
import { spawnSync } from 'node:child_process';
import { chmod, stat } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { decideInjection } from '../../../operator/inject/decide-injection.ts';
import { ask } from '../../support/ask.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { messagesOf, startTestOperator, type TestOperator } from '../../support/start-test-operator.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { tableOf } from '../../support/table-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { FarpointProcess } from '../cli/farpoint-process.ts';

const imageUser = 65_532;
/** Root runs the proxy as the image does, where that user may read this folder; anybody else as themselves. */
const isAsInImage =
  process.getuid?.() === 0 &&
  spawnSync(process.execPath, ['--check', import.meta.filename], { uid: imageUser, gid: imageUser }).status === 0;
const user = isAsInImage ? imageUser : (process.getuid?.() ?? 0);
const outbound = { path: '/v1.0/healthz/outbound' };
const health = { path: '/v1.0/healthz' };
const call = { path: '/v1.0/invoke/far/method/x' };

interface Pod {
  readonly operator: TestOperator;
  /** Of the socket and of the tables: anybody's, and root's. */
  readonly volume: () => Promise<string>;
  readonly args: readonly string[];
}

/** What is injected into a pod with these annotations; ports and files are the test's. */
async function makePod(container: 'native' | 'classic', annotations: Readonly<Record<string, string>>): Promise<Pod> {
  const operator = await startTestOperator();
  await chmod(path.dirname(operator.tokenFile), 0o755);
  const settings = operatorSettingsFrom(
    ['--proxy-image=x', `--proxy-container=${container}`, `--proxy-control-plane-address=localhost:${operator.port}`],
    {},
  );
  const { proxy, annotationPrefixes, tokenAudience } = settings;
  const pod = {
    metadata: { name: 'orders', annotations: { 'dapr.io/enabled': 'true', ...annotations } },
    spec: { containers: [{ name: 'app' }] },
  };
  const report = decideInjection(pod, { proxy, annotationPrefixes, tokenAudience, hasNativeSidecars: true });
  if (report.kind !== 'inject') throw new Error(JSON.stringify(report));
  return {
    operator,
    volume: async () => {
      const folder = await temporaryFolder();
      await chmod(folder, 0o777);
      return folder;
    },
    args: [
      ...report.plan.args,
      '--log-as-json',
      '--dapr-http-port=0',
      '--dapr-public-port=0',
      '--metrics-port=0',
      `--control-plane-token-file=${operator.tokenFile}`,
      `--control-plane-ca-file=${operator.caFile}`,
    ],
  };
}

interface Started {
  readonly farpoint: FarpointProcess;
  readonly port: number;
  readonly publicPort: number;
}

async function start(args: readonly string[]): Promise<Started> {
  const farpoint = new FarpointProcess(['proxy', ...args], isAsInImage ? { user } : {});
  const { port, publicPort } = await farpoint.logged('proxy listens');
  return { farpoint, port: Number(port), publicPort: Number(publicPort) };
}

async function startFar(): Promise<readonly object[]> {
  const upstream = await startUpstream((request, response) => response.end(request.url));
  return messagesOf(tableOf(httpEndpoint('far', upstream.origin)));
}

describe('a native proxy', () => {
  test('is started when it can call out, before the application is there, and keeps its table over a restart', async () => {
    const table = await startFar();
    const { operator, args, volume } = await makePod('native', {
      'dapr.io/app-port': '1',
      'dapr.io/unix-domain-socket-path': '/sockets',
    });
    const sockets = await volume();
    const tables = await volume();
    const own = [...args, `--unix-domain-socket=${sockets}`, `--table-cache-dir=${tables}`];
    const { farpoint, publicPort } = await start(own);
    await waitUntil(() => operator.streams.length === 1);
    expect((await ask(publicPort, outbound)).status).toBe(500);
    operator.streams[0]?.send(...table);
    await waitUntil(() => operator.acknowledgements.length === 1);
    expect((await ask(publicPort, outbound)).status).toBe(204);
    expect((await ask(publicPort, health)).status).toBe(500);
    const socketPath = path.join(sockets, 'dapr-orders-http.socket');
    expect((await ask(0, { ...call, socketPath })).body).toBe('/x');
    const kept = path.join(tables, 'table.ndjson');
    await waitUntil(async () => (await stat(kept).catch(() => null)) !== null);
    expect(await stat(kept)).toMatchObject({ uid: user, mode: 0o100600 });
    farpoint.child.kill('SIGKILL');
    await farpoint.ended;
    operator.refuseStreams = { status: 503 };
    const again = await start(own);
    expect((await ask(again.publicPort, outbound)).status).toBe(204);
    expect((await ask(0, { ...call, socketPath })).body).toBe('/x');
  });
});

describe('a classic proxy', () => {
  test('serves the last calls of an application that got the signal with it', async () => {
    const table = await startFar();
    const { operator, args, volume } = await makePod('classic', { 'dapr.io/block-shutdown-duration': '1s' });
    const { farpoint, port, publicPort } = await start([...args, `--table-cache-dir=${await volume()}`]);
    operator.onStream = (stream) => stream.send(...table);
    for (const stream of operator.streams) stream.send(...table);
    await waitUntil(async () => (await ask(publicPort, health)).status === 204);
    farpoint.child.kill('SIGTERM');
    await farpoint.logged('shutdown begins');
    expect((await ask(publicPort, health)).status).toBe(500);
    expect((await ask(port, call)).body).toBe('/x');
    expect(await farpoint.ended).toMatchObject({ code: 0, stderr: '' });
  });
});

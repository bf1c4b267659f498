/** What a proxy does in its first minute in a pod: it gets tables from an operator, and calls of each kind. */
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { freePort } from '../../examples/run/free-port.ts';
import { startFarSide, type FarSide } from './far-side.ts';
import type { WarmUpStep } from './warm-up.ts';

const longestMs = 20_000;
/** After the last call: for what ends later than its answer, and for timers of up to a second, of which undici has one. */
const quietMs = 1_500;
const never = new AbortController().signal;

interface ProxyPorts {
  readonly port: number;
  readonly publicPort: number;
  readonly metricsPort: number;
}

/** One proxy in a cluster. Files are made in the folder; what it talks to ends with the signal. */
export async function proxySteps(folder: string, signal: AbortSignal): Promise<readonly WarmUpStep[]> {
  const farSide = await startFarSide(signal);
  const [tokenFile, caFile] = [join(folder, 'token'), join(folder, 'ca.crt')];
  await writeFile(tokenFile, 'warm-up');
  await writeFile(caFile, farSide.authority);
  const ports = { port: await freePort(), publicPort: await freePort(), metricsPort: await freePort() };
  const numbers = {
    '--app-port': farSide.port,
    '--dapr-http-port': ports.port,
    '--dapr-public-port': ports.publicPort,
    '--metrics-port': ports.metricsPort,
  };
  const settings = Object.entries(numbers).map(([flag, number]) => `${flag}=${number}`);
  const controlPlane = [
    `--control-plane-address=localhost:${farSide.operatorPort}`,
    `--control-plane-token-file=${tokenFile}`,
    `--control-plane-ca-file=${caFile}`,
  ];
  return [
    {
      argv: ['--app-id=warm-up', '--mode=kubernetes', '--log-as-json', ...settings, ...controlPlane],
      use: async () => {
        await useProxy(ports, farSide);
        farSide.sendMore();
        await waitForStatus(ports.port, '/v1.0/invoke/later/method/items', 200);
        await systemClock.sleep(quietMs, never);
      },
    },
  ];
}

async function useProxy({ port, publicPort, metricsPort }: ProxyPorts, farSide: FarSide): Promise<void> {
  await waitForStatus(port, '/v1.0/healthz', 204);
  await statusOf(port, '/v1.0/metadata');
  await statusOf(publicPort, '/v1.0/healthz/outbound');
  for (const body of ['', '', '{"some":"body"}']) {
    for (const [target, expected] of [...farSide.targets, ['warm-up', 200], ['missing', 404]] as const) {
      const status = await statusOf(port, `/v1.0/invoke/${target}/method/items?page=1`, body);
      if (status !== expected) throw new Error(`${target} answers ${status}`);
    }
  }
  await statusOf(metricsPort, '/metrics');
}

async function waitForStatus(port: number, path: string, status: number): Promise<void> {
  const giveUpMs = systemClock.monotonicMs() + longestMs;
  while ((await statusOf(port, path)) !== status) {
    if (systemClock.monotonicMs() > giveUpMs) throw new Error(`${path} does not come to answer ${status}`);
    await systemClock.sleep(20, never);
  }
}

/** 0 when there is no answer. */
function statusOf(port: number, path: string, body = ''): Promise<number> {
  return new Promise((resolve) => {
    const method = body === '' ? 'GET' : 'POST';
    const sent = request({ host: '127.0.0.1', port, path, method, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', () => resolve(0));
    sent.end(body);
  });
}

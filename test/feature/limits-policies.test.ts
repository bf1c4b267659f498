/**
 * What policies and middleware keep for paths and hosts that callers make up stays within bounds: measured in a process of its
 * own, as users run it. With SOAK_MIB set (`make soak`) there are a million of each; `make test` takes a few, with the same bar.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { peakMibDuring } from '../support/resident-memory.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { startProxyProcess } from './cli/farpoint-process.ts';

const isSoak = process.env['SOAK_MIB'] !== undefined;
const pairs = isSoak ? 1_000_000 : 4_000;
const maxKeys = isSoak ? 10_000 : 2_000;
/** More than any of the caches holds; and enough to see how far the collector lets memory swing, which is 15 MiB. */
const warmPairs = isSoak ? 100_000 : 2 * maxKeys;
/** A fraction of what a million of anything takes. */
const flatMib = 25;
const timeout = 120_000 + pairs * 4;

const batchOfPairs = 50;

/** Whatever a caller names gets a breaker, a budget and a bucket of its own. */
const resiliency = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: everywhere }
spec:
  policies:
    timeouts: { DefaultTimeoutPolicy: 5s }
    retries: { DefaultRetryPolicy: { policy: constant, duration: 1ms, maxRetries: 2 } }
    circuitBreakers: { DefaultCircuitBreakerPolicy: { timeout: 60s, trip: consecutiveFailures >= 1 } }
`;
const limiter = `apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: limiter }
spec:
  type: middleware.http.ratelimit
  version: v1
  metadata:
    - { name: maxRequestsPerSecond, value: "0.001" }
    - { name: key, value: "{endpoint} {path}" }
    - { name: maxKeys, value: "${maxKeys}" }
`;
const configuration = `apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: config }
spec:
  httpPipeline: { handlers: [{ name: limiter, type: middleware.http.ratelimit }] }
  appHttpPipeline: { handlers: [{ name: limiter, type: middleware.http.ratelimit }] }
`;

interface Started {
  readonly pid: number;
  readonly port: number;
  readonly metricsPort: number;
}

async function startGuarded(origin: string): Promise<Started> {
  const folder = mkdtempSync(path.join(tmpdir(), 'farpoint-limits-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const configFile = path.join(folder, 'config.yaml');
  const resources = { 'up.yaml': httpEndpoint('up', origin), 'all.yaml': resiliency, 'limiter.yaml': limiter };
  for (const [name, text] of Object.entries(resources)) writeFileSync(path.join(folder, name), text);
  writeFileSync(configFile, configuration);
  const { farpoint, url } = await startProxyProcess([`--resources-path=${folder}`, `--config=${configFile}`]);
  const { metricsPort } = await farpoint.logged('proxy listens');
  return {
    pid: farpoint.child.pid ?? 0,
    port: Number(new URL(url).port),
    metricsPort: Number(metricsPort),
  };
}

/** A loopback address for each number below 16 million; on port 1 nobody listens. */
function refusingOrigin(index: number): string {
  return `http://127.${1 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}:1`;
}

function get(target: string, name: string): string {
  return `GET /v1.0/invoke/${target}/method/${name} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
}

interface Numbers {
  readonly from: number;
  readonly to: number;
}

/** For each number a path and a host that nobody has named before. Resolves with how often each status came. */
async function sendPairs(port: number, { from, to }: Numbers): Promise<ReadonlyMap<number, number>> {
  const connection = await openRawConnection(port);
  const counts = new Map<number, number>();
  for (let at = from; at < to; at += batchOfPairs) {
    const numbers = Array.from({ length: Math.min(batchOfPairs, to - at) }, (_, offset) => at + offset);
    connection.received = '';
    connection.send(numbers.map((n) => get('up', `path-${n}`) + get(refusingOrigin(n), `host-${n}`)).join(''));
    await waitUntil(() => statusesIn(connection.received).length >= numbers.length * 2 || connection.isClosed);
    for (const status of statusesIn(connection.received)) counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  connection.socket.destroy();
  return counts;
}

// Elsewhere only one address is loopback.
test.runIf(process.platform === 'linux')('made-up paths and hosts leave memory flat', { timeout }, async () => {
  const upstream = await startUpstream(
    (request, response) => void request.resume().on('end', () => response.end('ok')),
  );
  const proxy = await startGuarded(upstream.origin);
  const warmUp = { from: 0, to: warmPairs };
  const rest = { from: warmPairs, to: warmPairs + pairs };
  const warm = await peakMibDuring(proxy.pid, async () => void (await sendPairs(proxy.port, warmUp)));
  const statuses = Promise.withResolvers<ReadonlyMap<number, number>>();
  const peak = await peakMibDuring(proxy.pid, async () => statuses.resolve(await sendPairs(proxy.port, rest)));
  expect(peak - warm, `${peak.toFixed(0)} MiB at most, ${warm.toFixed(0)} MiB when warm`).toBeLessThan(flatMib);
  // The hosts refuse the connection: that is tried again, as often as their budgets allow, and opens their breakers.
  expect(await statuses.promise).toEqual(
    new Map([
      [200, pairs],
      [502, pairs],
    ]),
  );
  const again = await ask(proxy.port, { path: `/v1.0/invoke/up/method/path-${rest.to - 1}` });
  expect(again.status).toBe(429);
  const metrics = (await ask(proxy.metricsPort, { path: '/metrics' })).body;
  expect(metrics).toContain('dapr_resiliency_activations_total');
  expect(metrics.length).toBeLessThan(4_000_000);
});

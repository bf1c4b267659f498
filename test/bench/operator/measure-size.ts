/** One size of the operator's bench: so many endpoints, so many proxies, changes that concern all of them or one. */
import { startControlPlane } from '../../cluster/support/start-control-plane.ts';
import { installFarpoint } from '../../cluster/support/install-farpoint.ts';
import { percentile } from '../statistics.ts';
import {
  changeEndpoint,
  createEndpoints,
  createPods,
  startOperatorProcess,
  untilQuiet,
  type MeasuredOperator,
} from './bench-cluster.ts';
import { StreamClients } from './stream-clients.ts';

export interface BenchSize {
  readonly endpoints: number;
  readonly proxies: number;
  readonly rounds: number;
}

/** Times from just before the write. */
export interface ChangeMeasure {
  readonly rounds: number;
  /** Over every acknowledgement of every round. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Until the last of the proxies concerned has acknowledged; over the rounds. */
  readonly allP50Ms: number;
  readonly allP99Ms: number;
  /** What one proxy reads. */
  readonly bytesPerProxy: number;
  /** Mean over the rounds: the kernel counts in steps of 10 ms. */
  readonly operatorCpuMs: number;
}

export interface SizeResult {
  readonly size: BenchSize;
  readonly everyProxy: ChangeMeasure;
  readonly oneProxy: ChangeMeasure;
  /** From the first stream to the last first table. */
  readonly connectMs: number;
  readonly workingSetBytes: number;
  readonly workingSetHow: string;
  readonly failures: readonly string[];
}

const clientProcesses = 2;
const timeLimitMs = 60_000;

/** Sets a cluster up, measures, and takes everything down. */
export async function measureSize(size: BenchSize, say: (text: string) => void): Promise<SizeResult> {
  const controlPlane = await startControlPlane({ apiServerFlags: ['--max-requests-inflight=1000'] });
  const clients = new StreamClients();
  let operator: MeasuredOperator | null = null;
  try {
    const namespace = await controlPlane.createNamespace('bench');
    const { kubeconfigPath } = await installFarpoint(controlPlane, { namespace });
    const appIds = Array.from({ length: size.proxies }, (_, index) => `app-${index}`);
    say(`${size.endpoints} endpoints, ${size.proxies} pods with tokens`);
    await createEndpoints(controlPlane, namespace, [
      ...Array.from({ length: size.endpoints - 1 }, (_, index) => ({ name: `shared-${index}`, appId: null })),
      { name: 'own', appId: 'app-0' },
    ]);
    const tokens = await createPods(controlPlane, namespace, appIds);
    operator = await startOperatorProcess({ controlPlane, namespace, kubeconfigPath });
    say('streams');
    const startMs = performance.now();
    const share = Math.ceil(size.proxies / clientProcesses);
    for (let first = 0; first < size.proxies; first += share) {
      clients.start({
        origin: operator.origin,
        caPem: operator.caPem,
        first,
        tokens: tokens.slice(first, first + share),
      });
    }
    await clients.acknowledged(size.proxies, 10 * timeLimitMs);
    const connectMs = performance.now() - startMs;
    say('status of every endpoint');
    await untilQuiet(operator.process, 3 * timeLimitMs);
    const site = { size, controlPlane, namespace, clients, operator };
    say('changes that concern one proxy');
    const oneProxy = await measureChanges(site, { name: 'own', concerned: 1 });
    say('changes that concern every proxy');
    const everyProxy = await measureChanges(site, { name: 'shared-0', concerned: size.proxies });
    const memory = await operator.process.workingSet();
    return {
      size,
      everyProxy,
      oneProxy,
      connectMs,
      workingSetBytes: memory.bytes,
      workingSetHow: `${memory.how}; ${operator.isAsInPod ? 'access as in a pod' : 'access by kubeconfig'}`,
      failures: clients.failures,
    };
  } finally {
    await clients.end();
    await operator?.process.end();
    await controlPlane.stop();
  }
}

interface Site {
  readonly size: BenchSize;
  readonly controlPlane: Awaited<ReturnType<typeof startControlPlane>>;
  readonly namespace: string;
  readonly clients: StreamClients;
  readonly operator: MeasuredOperator;
}

async function measureChanges(
  { size, controlPlane, namespace, clients, operator }: Site,
  { name, concerned }: { readonly name: string; readonly concerned: number },
): Promise<ChangeMeasure> {
  const eachMs: number[] = [];
  const allMs: number[] = [];
  const cpuMs: number[] = [];
  let bytes = 0;
  for (let round = 0; round < size.rounds; round += 1) {
    await untilQuiet(operator.process, 10_000);
    clients.forget();
    const cpuBefore = await operator.process.cpuSeconds();
    const startMs = performance.timeOrigin + performance.now();
    await changeEndpoint(controlPlane, namespace, { name, path: `round-${round}` });
    const reports = await clients.acknowledged(concerned, timeLimitMs);
    const times = reports.map(({ acknowledgedAtMs }) => acknowledgedAtMs - startMs);
    cpuMs.push(((await operator.process.cpuSeconds()) - cpuBefore) * 1_000);
    eachMs.push(...times);
    allMs.push(Math.max(...times));
    bytes = percentile(
      reports.map((report) => report.bytes),
      0.5,
    );
  }
  return {
    rounds: size.rounds,
    p50Ms: percentile(eachMs, 0.5),
    p99Ms: percentile(eachMs, 0.99),
    allP50Ms: percentile(allMs, 0.5),
    allP99Ms: percentile(allMs, 0.99),
    bytesPerProxy: bytes,
    operatorCpuMs: cpuMs.reduce((sum, value) => sum + value, 0) / cpuMs.length,
  };
}

/** What the soak runs on: a control plane of its own, faults before it, an operator that can be killed, subscribers. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { defaultTokenAudience } from '#shared/push/push-channel.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { ControlPlaneTables } from '../../../proxy/subscribe/control-plane-tables.ts';
import { memoryLogger } from '../../support/memory-logger.ts';
import { ChildProcesses, type RunningChild } from '../support/child-processes.ts';
import { freePort } from '../support/free-port.ts';
import { installFarpoint } from '../support/install-farpoint.ts';
import { startControlPlane, type ControlPlane } from '../support/start-control-plane.ts';
import { startFaultProxy, type FaultProxy } from '../support/start-fault-proxy.ts';
import { createProxyPod, trustBundleOf } from '../support/start-pod-proxy.ts';

/** One proxy's subscription, without the proxy around it. */
export interface Subscriber {
  readonly namespace: string;
  readonly appId: string;
  /** Null until the first table. */
  table(): EndpointTable | null;
}

export interface SoakSite {
  readonly controlPlane: ControlPlane;
  readonly faults: FaultProxy;
  readonly namespaces: readonly string[];
  readonly subscribers: readonly Subscriber[];
  /** Ends the operator without a warning and starts another. */
  killOperator(): Promise<void>;
  /** The last lines of the operator's log, for the message when something is wrong. */
  operatorLog(): Promise<string>;
  end(): Promise<void>;
}

const appIds = ['billing', 'orders', 'search'];
const main = join(import.meta.dirname, '../../../cli/main.ts');

/** Starts it all; resolves when every subscriber has a table. */
export async function startSoakSite(): Promise<SoakSite> {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-soak-'));
  const children = ChildProcesses.start(folder);
  const controlPlane = await startControlPlane();
  const faults = await startFaultProxy({ target: controlPlane.access });
  const stop = new AbortController();
  const ending: Promise<void>[] = [];
  const end = async (): Promise<void> => {
    stop.abort();
    await Promise.all(ending);
    await children.close();
    await faults.close();
    await controlPlane.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const namespaces = [await controlPlane.createNamespace('soak'), await controlPlane.createNamespace('soak')];
    const { kubeconfigPath } = await installFarpoint(controlPlane, { namespace: 'farpoint', server: faults });
    const port = await freePort();
    const logFile = join(folder, 'operator.log');
    const startOperator = async (): Promise<RunningChild> =>
      children.start({
        name: 'the operator',
        command: process.execPath,
        args: [
          main,
          'operator',
          `--kubeconfig=${kubeconfigPath}`,
          '--namespace=farpoint',
          '--listen-address=127.0.0.1',
          `--port=${port}`,
          '--service-names=localhost',
          '--metrics-listen-address=127.0.0.1',
          `--metrics-port=${await freePort()}`,
          '--webhook-listen-address=127.0.0.1',
          '--webhook-port=0',
          '--log-as-json',
        ],
        logFile,
      });
    let operator = await startOperator();
    const subscribers = await Promise.all(
      namespaces.flatMap((namespace) =>
        appIds.map((appId) => subscribe({ controlPlane, folder, port, namespace, appId, signal: stop.signal, ending })),
      ),
    );
    return {
      controlPlane,
      faults,
      namespaces,
      subscribers,
      async killOperator() {
        await operator.end(0);
        operator = await startOperator();
      },
      operatorLog: async () => (await readFile(logFile, 'utf8')).split('\n').slice(-30).join('\n'),
      end,
    };
  } catch (error) {
    await end();
    throw error;
  }
}

interface SubscribeOptions {
  readonly controlPlane: ControlPlane;
  readonly folder: string;
  readonly port: number;
  readonly namespace: string;
  readonly appId: string;
  readonly signal: AbortSignal;
  readonly ending: Promise<void>[];
}

async function subscribe(options: SubscribeOptions): Promise<Subscriber> {
  const { controlPlane, folder, port, namespace, appId, signal, ending } = options;
  const pod = await createProxyPod({ client: controlPlane, namespace, appId });
  const tokenFile = join(folder, `${namespace}-${appId}.token`);
  const caFile = join(folder, `${namespace}.crt`);
  const token = await controlPlane.tokenFor({
    namespace,
    serviceAccount: 'default',
    pod: pod.metadata,
    audience: defaultTokenAudience,
    expirationSeconds: 7_200,
  });
  await writeFile(tokenFile, token, { mode: 0o600 });
  await writeFile(caFile, await trustBundleOf(controlPlane, namespace));
  const settings = proxySettingsFrom(
    [
      '--mode=kubernetes',
      `--app-id=${appId}`,
      `--control-plane-address=localhost:${port}`,
      `--control-plane-token-file=${tokenFile}`,
      `--control-plane-ca-file=${caFile}`,
    ],
    { NAMESPACE: namespace },
  );
  if (settings.controlPlane === null) throw new Error('the settings are not those of a cluster');
  let table: EndpointTable | null = null;
  const first = Promise.withResolvers<void>();
  const tables = new ControlPlaneTables({
    settings,
    controlPlane: settings.controlPlane,
    logger: memoryLogger([]),
    clock: systemClock,
    version: 'soak',
    apply(next) {
      table = next;
      first.resolve();
      return null;
    },
  });
  ending.push(tables.run(signal));
  await first.promise;
  return { namespace, appId, table: () => table };
}

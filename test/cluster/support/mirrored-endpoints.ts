/** A list-watch of HTTPEndpoints of one namespace, with the operator's permissions, perhaps through a fault proxy; and what it has told. */
import { onTestFinished } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { createKubeClient } from '../../../operator/kube/create-kube-client.ts';
import { createListWatch, type ObservedListWatch } from '../../../operator/kube/create-list-watch.ts';
import { kubeconfigAccess } from '../../../operator/kube/kubeconfig-access.ts';
import { defaultListWatchTiming, type ListWatchTiming } from '../../../operator/kube/list-watch-timing.ts';
import type { ObjectChange } from '../../../operator/kube/list-watch.ts';
import { httpEndpoints } from '../../../operator/kube/resource-types.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';
import { startFaultProxy, type FaultProxy } from './start-fault-proxy.ts';

export interface MirroredEndpoints {
  readonly namespace: string;
  /** Before the API server. */
  readonly proxy: FaultProxy;
  readonly watch: ObservedListWatch;
  readonly changes: readonly ObjectChange[];
  /** Ends of watches and reasons of lists, in order. */
  readonly counted: readonly string[];
  readonly lines: readonly LogLine[];
  /** Creates one, or gives it another URL. */
  readonly set: (name: string, baseUrl: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
  /** Resolves with [] when what was told is what the API server holds: names, uids and versions. */
  missed(): Promise<readonly string[]>;
}

export interface MirrorOptions {
  /** Where Farpoint is installed for all namespaces. */
  readonly operatorNamespace: string;
  /** Instead of the real ones. There is no periodic list in any case, so that nothing but what is tested repairs a gap. */
  readonly timing?: Partial<ListWatchTiming>;
  readonly requestTimeoutMs?: number;
}

/** Times for tests: the order of things is the same, and none of them takes minutes. */
const quick: ListWatchTiming = {
  ...defaultListWatchTiming,
  relistMs: 3_600_000,
  firstBackoffMs: 10,
  longestBackoffMs: 300,
};

/** Starts one that watches; it ends with the test. */
export async function mirrorEndpoints(
  cluster: ControlPlaneClient,
  { operatorNamespace, timing = {}, requestTimeoutMs = 30_000 }: MirrorOptions,
): Promise<MirroredEndpoints> {
  const namespace = await cluster.createNamespace('mirror');
  const proxy = await startFaultProxy({ target: cluster.access });
  const kubeconfig = await cluster.kubeconfigFor(
    { namespace: operatorNamespace, serviceAccount: 'farpoint-operator' },
    proxy,
  );
  const kube = createKubeClient({ access: await kubeconfigAccess(kubeconfig), clock: systemClock, requestTimeoutMs });
  const changes: ObjectChange[] = [];
  const counted: string[] = [];
  const lines: LogLine[] = [];
  const told = new Map<string, string>();
  const watch = createListWatch(
    {
      type: httpEndpoints,
      namespace,
      labelSelector: '',
      isMetadataOnly: false,
      onChange: (change) => {
        changes.push(change);
        const { name, uid, resourceVersion } = change.object.metadata;
        if (change.kind === 'upsert') told.set(name, `${uid} ${resourceVersion}`);
        else told.delete(name);
      },
      onSynced: () => undefined,
    },
    {
      source: kube,
      clock: systemClock,
      logger: memoryLogger(lines),
      metrics: {
        watchEnded: (_, end) => counted.push(`watch ${end}`),
        listed: (_, reason) => counted.push(`list ${reason}`),
        listFailed: () => counted.push('list failed'),
      },
      timing: { ...quick, ...timing },
    },
  );
  const ending = new AbortController();
  const running = watch.run(ending.signal);
  onTestFinished(async () => {
    ending.abort();
    await running;
    await kube.close();
    await proxy.close();
  });
  const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints`;
  await Promise.race([running, waitUntil(() => watch.isSynced && proxy.openWatches().length === 1)]);
  return {
    namespace,
    proxy,
    watch,
    changes,
    counted,
    lines,
    async set(name, baseUrl) {
      await cluster.mustRequest({
        method: 'PATCH',
        path: `${path}/${name}?fieldManager=test&force=true`,
        contentType: 'application/apply-patch+yaml',
        body: { apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint', metadata: { name }, spec: { baseUrl } },
      });
    },
    remove: async (name) => void (await cluster.mustRequest({ method: 'DELETE', path: `${path}/${name}` })),
    async missed() {
      let missed: readonly string[] | null = null;
      await waitUntil(async () => {
        const { status, body } = await cluster.request<{ readonly items: readonly Item[] }>({ path });
        // An API server that has just started asks for patience.
        if (status !== 200) return false;
        const held = body.items.map(({ metadata }) => `${metadata.name} ${metadata.uid} ${metadata.resourceVersion}`);
        const known = [...told].map(([name, version]) => `${name} ${version}`);
        missed = [...new Set(held).symmetricDifference(new Set(known))];
        return missed.length === 0;
      });
      return missed ?? ['nothing was compared'];
    },
  };
}

interface Item {
  readonly metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string };
}

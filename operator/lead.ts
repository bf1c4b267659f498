/** Stands for election, and does what only the leader does while this replica is it. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import type { Peers } from './find-peers.ts';
import { foreignBundleEvent } from './foreign-bundle-event.ts';
import type { ControlPlaneAuthority } from './identity/control-plane-authority.ts';
import { TrustBundles } from './identity/trust-bundles.ts';
import type { LeaseElection } from './kube/lease-election.ts';
import { events } from './kube/resource-types.ts';
import { LeaderTasks } from './leader-tasks.ts';
import type { OperatorKube } from './operator-kube.ts';
import type { ObjectOwner } from './ownership/object-owner.ts';
import { removeStaleLeases } from './peers/remove-stale-leases.ts';
import type { RunningPushServer } from './push/start-push-server.ts';
import type { ClusterSource } from './source/cluster-source.ts';
import { PodAppNames } from './status/app-names.ts';
import { StatusWriter } from './status/status-writer.ts';
import type { TableBook } from './tables/table-book.ts';
import type { TaskGroup } from './task-group.ts';
import type { OperatorMetrics } from './telemetry/operator-metrics.ts';

export interface LeadOptions {
  readonly settings: OperatorSettings;
  readonly kube: OperatorKube;
  readonly source: ClusterSource;
  readonly book: TableBook;
  readonly push: RunningPushServer;
  readonly authority: ControlPlaneAuthority;
  readonly peers: Peers;
  readonly metrics: OperatorMetrics;
  readonly tasks: TaskGroup;
  readonly election: LeaseElection;
  /** Of what is made. */
  readonly owner: ObjectOwner;
  /** Aborted when this replica is to give leadership back. */
  readonly leading: AbortSignal;
  readonly clock: Clock;
  readonly logger: Logger;
}

const fieldManager = 'farpoint-operator';

/** Starts it all as tasks. */
export function lead(options: LeadOptions): void {
  const { settings, kube, source, peers, tasks, authority, election, owner, leading, clock, logger } = options;
  const writer = statusWriter(options);
  tasks.add('status', (signal) => writer.run(signal));
  const trustBundles = (signal: AbortSignal): Promise<void> =>
    new TrustBundles({
      client: kube.client,
      pods: source.pods,
      authority,
      fieldManager,
      owner,
      onForeign: (configMap, note) => {
        const event = foreignBundleEvent(configMap, { note, instance: settings.replicaName, nowMs: clock.epochMs() });
        // It is in the log as well, where it stays.
        kube.client.create(events, event, { signal }).catch(() => undefined);
      },
      clock,
      logger,
    }).run(signal);
  const staleLeases = (signal: AbortSignal): Promise<void> =>
    removeStaleLeases({ kube: kube.client, directory: peers.directory, clock, logger }, signal);
  const leaderTasks = new LeaderTasks({
    tasks,
    runs: { 'trust bundles': trustBundles, 'stale leases': staleLeases },
  });
  election.onChanged((isLeading) => {
    writer.setLeading(isLeading);
    leaderTasks.setLeading(isLeading);
  });
  tasks.add('election', (signal) => election.run(AbortSignal.any([signal, leading])));
}

function statusWriter(options: LeadOptions): StatusWriter {
  const { settings, kube, source, book, push, peers, metrics, tasks, clock, logger } = options;
  const appNames = new PodAppNames(source.pods, settings.annotationPrefixes);
  const stop = appNames.follow();
  tasks.signal.addEventListener('abort', stop, { once: true });
  return new StatusWriter({
    kube: kube.client,
    endpoints: source,
    reports: book,
    counts: push.counts,
    peerCounts: peers.counts,
    appNames,
    instance: settings.replicaName,
    metrics: metrics.status,
    clock,
    logger,
  });
}

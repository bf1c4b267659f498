/** Stands for election, and does what only the leader does while this replica is it. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import { WebhookBundles } from './admission/webhook-bundles.ts';
import type { Peers } from './find-peers.ts';
import type { ControlPlaneAuthority } from './identity/control-plane-authority.ts';
import { TrustBundles } from './identity/trust-bundles.ts';
import { decideInjection } from './inject/decide-injection.ts';
import type { LeaseElection } from './kube/lease-election.ts';
import { components, configurations, resiliencies } from './kube/resource-types.ts';
import { LeaderTasks } from './leader-tasks.ts';
import type { OperatorKube } from './operator-kube.ts';
import type { ObjectOwner } from './ownership/object-owner.ts';
import { removeStaleLeases } from './peers/remove-stale-leases.ts';
import type { RunningPushServer } from './push/start-push-server.ts';
import { ProxyRepair } from './repair/proxy-repair.ts';
import { ServiceWriter } from './services/service-writer.ts';
import type { ClusterSource } from './source/cluster-source.ts';
import { PodAppNames } from './status/app-names.ts';
import { EndpointStatus } from './status/endpoint-status.ts';
import { EventWriter } from './status/event-writer.ts';
import { OptionStatus } from './status/option-status.ts';
import { StatusWriter } from './status/status-writer.ts';
import type { TableBook } from './tables/table-book.ts';
import type { TaskGroup } from './task-group.ts';
import type { OperatorMetrics } from './telemetry/operator-metrics.ts';
import { warningEvent, type Warning } from './warning-event.ts';

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
  const { tasks, election, leading } = options;
  const writer = statusWriter(options);
  tasks.add('status', (signal) => writer.run(signal));
  const leaderTasks = new LeaderTasks({ tasks, runs: leaderRuns(options, warningWriter(options)) });
  election.onChanged((isLeading) => {
    writer.setLeading(isLeading);
    leaderTasks.setLeading(isLeading);
  });
  tasks.add('election', (signal) => election.run(AbortSignal.any([signal, leading])));
}

type Warn = (warning: Warning) => void;

/** Each begins anew with each term. */
function leaderRuns(options: LeadOptions, warn: Warn): ConstructorParameters<typeof LeaderTasks>[0]['runs'] {
  const { settings, kube, source, peers, authority, metrics, owner, clock, logger } = options;
  const { watchNamespaces: namespaces, annotationPrefixes } = settings;
  const { pods } = source;
  return {
    // What a new leader has to change in the Secret need not wait for the next look.
    authority: (signal) => authority.refresh(signal),
    'trust bundles': (signal) =>
      new TrustBundles({ client: kube.client, pods, authority, fieldManager, owner, warn, clock, logger }).run(signal),
    'webhook bundles': (signal) =>
      new WebhookBundles({
        kube: kube.client,
        ...settings.webhooks,
        authority,
        fieldManager,
        metrics: metrics.admission,
        clock,
        logger,
      }).run(signal),
    'stale leases': (signal) =>
      removeStaleLeases({ kube: kube.client, directory: peers.directory, clock, logger }, signal),
    ...(settings.services.isOn && {
      services: (signal) =>
        new ServiceWriter({
          kube: kube.client,
          createListWatch: kube.createListWatch,
          namespaces,
          pods,
          annotationPrefixes,
          owner,
          warn,
          metrics: metrics.services,
          clock,
          logger,
        }).run(signal),
    }),
    ...(settings.proxy.image !== '' && {
      repair: (signal) => repairProxies(options, warn, signal),
    }),
  };
}

async function repairProxies(options: LeadOptions, warn: Warn, signal: AbortSignal): Promise<void> {
  const { settings, kube, source, metrics, clock, logger } = options;
  const { proxy, annotationPrefixes, tokenAudience } = settings;
  const { mode, intervalMs, excludedNamespaces, evictionsPerMinute } = settings.repair;
  if (mode === 'off') return;
  // An older API server refuses a Pod that insists on such a container when it is made, which costs its controller one Pod.
  const injection = { proxy, annotationPrefixes, tokenAudience, hasNativeSidecars: true };
  const repair = new ProxyRepair({
    kube: kube.client,
    namespaces: settings.watchNamespaces,
    excludedNamespaces: [...excludedNamespaces, settings.namespace],
    pods: source.pods,
    decide: (pod) => decideInjection(pod, injection),
    mode,
    intervalMs,
    evictionsPerMinute,
    warn,
    metrics: metrics.repair,
    clock,
    logger,
  });
  await repair.run(signal);
}

/** Writes Events about objects that somebody should look at, in the background. */
function warningWriter({ settings, kube, metrics, tasks, clock, logger }: LeadOptions): Warn {
  const writer = new EventWriter({ kube: kube.client, clock, logger, metrics: metrics.status, random: Math.random });
  tasks.add('events', (signal) => writer.run(signal));
  return (warning) => {
    writer.add(warningEvent(warning, { instance: settings.replicaName, nowMs: clock.epochMs() }));
  };
}

function statusWriter(options: LeadOptions): StatusWriter {
  const { settings, kube, source, book, push, peers, metrics, tasks, clock, logger } = options;
  const appNames = new PodAppNames(source.pods, settings.annotationPrefixes);
  const stop = appNames.follow();
  tasks.signal.addEventListener('abort', stop, { once: true });
  const endpoints = new EndpointStatus({
    endpoints: source,
    reports: book,
    counts: push.counts,
    peerCounts: peers.counts,
    appNames,
  });
  return new StatusWriter({
    kube: kube.client,
    kinds: [
      endpoints,
      new OptionStatus({
        type: resiliencies,
        kind: 'Resiliency',
        keepsStatus: true,
        objects: source.resiliencyObjects,
        reports: book,
      }),
      new OptionStatus({
        type: components,
        kind: 'Component',
        keepsStatus: false,
        objects: source.middlewareObjects,
        reports: book,
      }),
      new OptionStatus({
        type: configurations,
        kind: 'Configuration',
        keepsStatus: false,
        objects: source.configurationObjects,
        reports: book,
      }),
    ],
    instance: settings.replicaName,
    metrics: metrics.status,
    clock,
    logger,
  });
}

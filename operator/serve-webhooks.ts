/** Everything that answers the API server's questions: put together from the settings, and started. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import { injectPod, type InjectionTools } from './admission/inject-pod.ts';
import { PodEvents } from './admission/pod-events.ts';
import { startAdmissionServer, type RunningAdmissionServer } from './admission/start-admission-server.ts';
import { validateObject, type ValidationTools } from './admission/validate-object.ts';
import type { CertificateSource } from './identity/certificate-source.ts';
import { ApiServerVersion } from './kube/api-server-version.ts';
import type { OperatorKube } from './operator-kube.ts';
import { EventWriter } from './status/event-writer.ts';
import type { TableFeed } from './tables/table-feed.ts';
import type { TaskGroup } from './task-group.ts';
import type { OperatorMetrics } from './telemetry/operator-metrics.ts';

export interface WebhooksOptions {
  readonly settings: OperatorSettings;
  readonly kube: OperatorKube;
  readonly certificate: CertificateSource;
  /** What is known of the cluster; `null`: not everything yet. */
  readonly feed: () => Pick<TableFeed, 'secretStoreKind' | 'configuration' | 'resiliencies' | 'middleware'> | null;
  readonly metrics: OperatorMetrics;
  readonly tasks: TaskGroup;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The first with init containers that go on. */
const nativeSince = { major: 1, minor: 29 };

/** Resolves when reviews are answered. Rejects with an Error when its port cannot be had. */
export function serveWebhooks(options: WebhooksOptions): Promise<RunningAdmissionServer> {
  const { settings, certificate, feed, metrics, clock, logger } = options;
  const injection = injectionTools(options);
  const validation: ValidationTools = {
    // While not everything is known, nothing is doubted.
    around: {
      secretStoreKind: (namespace, store) => feed()?.secretStoreKind(namespace, store) ?? 'kubernetes',
      resiliencies: (namespace) =>
        feed()
          ?.resiliencies(namespace)
          .flatMap(({ parsed }) => parsed.resiliency ?? []) ?? null,
      middleware: (namespace) =>
        feed()
          ?.middleware(namespace)
          .flatMap(({ parsed }) => parsed.component ?? []) ?? null,
    },
    metrics: metrics.admission,
  };
  return startAdmissionServer({
    ...settings.webhooks.listen,
    certificate,
    inject: (request) => injectPod(request, injection),
    validate: (request) => validateObject(request, validation),
    clock,
    logger,
    metrics: metrics.admission,
  });
}

function injectionTools({ settings, kube, feed, metrics, tasks, clock, logger }: WebhooksOptions): InjectionTools {
  const { proxy, annotationPrefixes, tokenAudience, watchNamespaces, replicaName } = settings;
  const writer = new EventWriter({
    kube: kube.client,
    clock,
    logger,
    metrics: metrics.status,
    random: Math.random,
  });
  tasks.add('events about pods', (signal) => writer.run(signal));
  const version = new ApiServerVersion({ kube: kube.client, clock, logger });
  tasks.add('version of the API server', (signal) => version.run(signal));
  return {
    options: async () => ({
      proxy,
      annotationPrefixes,
      tokenAudience,
      hasNativeSidecars: await version.isAtLeast(nativeSince),
    }),
    watchNamespaces,
    hasConfiguration: (namespace, name) => {
      const known = feed();
      return known === null || known.configuration(`${namespace}/${name}`) !== null;
    },
    events: new PodEvents({ writer, instance: replicaName, clock }),
    metrics: metrics.admission,
    clock,
  };
}

/** A Pod that is about to be created: gets its proxy, goes on without, or is refused, each for a reason that somebody is told. */
import type { Clock } from '#shared/clock/clock.ts';
import { decideInjection } from '../inject/decide-injection.ts';
import { injectProxy } from '../inject/inject-proxy.ts';
import type { InjectionReport } from '../inject/injection-report.ts';
import { jsonPatch } from '../inject/json-patch.ts';
import type { InjectionOptions } from '../inject/plan-proxy.ts';
import { PodAnnotations } from '../inject/pod-annotations.ts';
import { annotationsOf } from '../inject/pod.ts';
import { allowed, type AdmissionAnswer } from './admission-answer.ts';
import type { AdmissionMetrics, InjectionReason } from './admission-metrics.ts';
import type { AdmissionRequest } from './admission-review.ts';
import type { PodEvents } from './pod-events.ts';

export interface InjectionTools {
  /** How a Pod is injected now: it may depend on the API server. */
  readonly options: () => Promise<InjectionOptions>;
  /** Where proxies are served; empty: everywhere. */
  readonly watchNamespaces: readonly string[];
  /** Whether a Configuration is there, as far as one knows. */
  readonly hasConfiguration: (namespace: string, name: string) => boolean;
  readonly events: Pick<PodEvents, 'tell'>;
  readonly metrics: AdmissionMetrics;
  readonly clock: Clock;
}

/** Of those who asked for a proxy, and get none. The others know why. */
const wonderedAt: readonly InjectionReason[] = ['InjectionOff', 'StaticPod', 'OtherProxy', 'NamespaceNotServed'];

/** Answers for one Pod. Throws what is a mistake of ours. */
export async function injectPod(request: AdmissionRequest, tools: InjectionTools): Promise<AdmissionAnswer> {
  const { metrics, clock } = tools;
  const startedMs = clock.monotonicMs();
  try {
    return await answerFor(request, tools);
  } catch (error) {
    metrics.injectionDecided('failed', '');
    throw error;
  } finally {
    metrics.injectionTook(clock.monotonicMs() - startedMs);
  }
}

async function answerFor(request: AdmissionRequest, tools: InjectionTools): Promise<AdmissionAnswer> {
  const { metrics, watchNamespaces } = tools;
  const { group, kind, subresource, operation, namespace, object: pod } = request;
  if (group !== '' || kind !== 'Pod' || subresource !== '' || operation !== 'CREATE' || pod === null) {
    metrics.injectionDecided('skipped', 'NotAPod');
    return allowed;
  }
  const options = await tools.options();
  const report = decideInjection(pod, options);
  // In a namespace that is not served nothing would ever answer the proxy, and the Pod would wait for it.
  const isServed = watchNamespaces.length === 0 || watchNamespaces.includes(namespace);
  if (!isServed && (report.kind !== 'skip' || report.reason !== 'NotEnabled')) {
    return skipped(request, tools, {
      reason: 'NamespaceNotServed',
      message: `the operator does not serve namespace ${namespace} (--watch-namespaces).`,
    });
  }
  const patch = jsonPatch(pod, injectProxy(pod, report));
  switch (report.kind) {
    case 'inject': {
      const doubts = configurationWarnings(request, options.annotationPrefixes, tools.hasConfiguration);
      return { ...injected(request, tools, [...report.warnings, ...doubts]), patch };
    }
    case 'skip':
      return { ...skipped(request, tools, report), patch };
    case 'refuse':
      return refused(request, tools, report);
  }
}

/** It may come later: manifests are applied in any order. */
function configurationWarnings(
  { object, namespace }: AdmissionRequest,
  prefixes: readonly string[],
  hasConfiguration: InjectionTools['hasConfiguration'],
): readonly string[] {
  const name = new PodAnnotations(annotationsOf(object), prefixes).given('config')?.value;
  if (name === undefined || hasConfiguration(namespace, name)) return [];
  return [`there is no Configuration ${name} in namespace ${namespace}: the proxy refuses calls until there is.`];
}

function injected(
  { object, namespace, isDryRun }: AdmissionRequest,
  { events, metrics }: InjectionTools,
  warnings: readonly string[],
): AdmissionAnswer {
  metrics.injectionDecided('injected', '');
  if (!isDryRun && object !== null) {
    for (const note of warnings) events.tell({ pod: object, namespace, reason: 'InjectionDoubtful', note });
  }
  return { ...allowed, warnings };
}

function skipped(
  { object, namespace, isDryRun }: AdmissionRequest,
  { events, metrics }: InjectionTools,
  { reason, message }: { readonly reason: InjectionReason; readonly message: string },
): AdmissionAnswer {
  metrics.injectionDecided('skipped', reason);
  if (!wonderedAt.includes(reason)) return allowed;
  const note = `the pod gets no proxy: ${message}`;
  // Where nothing is served, nothing may be written either.
  const canTell = !isDryRun && reason !== 'NamespaceNotServed' && object !== null;
  if (canTell) events.tell({ pod: object, namespace, reason: 'ProxyNotInjected', note });
  return { ...allowed, warnings: [note] };
}

function refused(
  { object, namespace, isDryRun }: AdmissionRequest,
  { events, metrics }: InjectionTools,
  { mistakes }: Extract<InjectionReport, { kind: 'refuse' }>,
): AdmissionAnswer {
  metrics.injectionDecided('refused', '');
  const note = `the pod is refused: ${mistakes.join(' ')}`;
  if (!isDryRun && object !== null) events.tell({ pod: object, namespace, reason: 'PodRefused', note });
  return { mistakes, patch: [], warnings: [] };
}

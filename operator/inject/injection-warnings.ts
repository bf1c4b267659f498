/** What is legal and yet not what its author is likely to want. Pure. */
import { nearestName } from '#shared/settings/nearest-name.ts';
import { httpPort, publicPort } from './argument-table.ts';
import type { ProxyPlan } from './injection-report.ts';
import { annotationsWithoutEffect, knownAnnotations } from './known-annotations.ts';
import { isNativeSidecar, type Pod } from './pod.ts';
import type { PodAnnotations } from './pod-annotations.ts';

const ownPrefix = 'farpoint.dev/';
/** The API server shortens what is longer together. */
const maxUnknownNamed = 10;
/** Each is compared with all names, and a pod may have thousands. */
const maxUnknownCompared = 50;
/** Letters that may differ where an annotation may be somebody else's. */
const maxSlips = 2;

export interface WarningsQuestion {
  readonly pod: Pod;
  readonly plan: ProxyPlan;
  readonly annotations: PodAnnotations;
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
}

/** A sentence each. */
export function injectionWarnings({ pod, plan, annotations, keys, prefixes }: WarningsQuestion): readonly string[] {
  return [
    ...jobWarnings(pod, plan),
    ...networkWarnings(pod),
    ...portWarnings(pod, plan),
    ...serviceWarnings(plan),
    ...protocolWarnings(annotations),
    ...annotationsWithoutEffect
      .flatMap((name) => annotations.find(name) ?? [])
      .map(({ key }) => `annotation ${key} has no effect: Farpoint has nothing like it.`),
    ...unknownWarnings(keys, prefixes),
  ];
}

function jobWarnings({ metadata }: Pod, { container }: ProxyPlan): readonly string[] {
  const isOfJob = (metadata.ownerReferences ?? []).some(({ kind }) => kind === 'Job');
  if (!isOfJob || container === 'native') return [];
  return [
    'the Job will not end by itself, since its proxy is a container like the others: set annotation enable-native-sidecar to true, or end it with POST /v1.0/shutdown.',
  ];
}

function networkWarnings({ spec }: Pod): readonly string[] {
  if (spec.hostNetwork !== true) return [];
  const isLookedUpInCluster = spec.dnsPolicy === 'ClusterFirstWithHostNet';
  return [
    `the pod uses the network of its node: ports ${httpPort} and ${publicPort} must be free there, and everything on the node can use its proxy.`,
    ...(isLookedUpInCluster
      ? []
      : ['the proxy will not find the operator by its name: set dnsPolicy to ClusterFirstWithHostNet.']),
  ];
}

function portWarnings({ spec }: Pod, { metricsPort }: ProxyPlan): readonly string[] {
  const usesByPort = new Map([
    [httpPort, 'its API'],
    [publicPort, 'its health'],
    ...(metricsPort === null ? [] : [[metricsPort, 'its metrics (annotation metrics-port)'] as const]),
  ]);
  const running = [...(spec.initContainers ?? []).filter(isNativeSidecar), ...spec.containers];
  return running.flatMap(({ name, ports }) =>
    (ports ?? []).flatMap(({ containerPort, protocol }) => {
      const use = usesByPort.get(containerPort ?? 0);
      if (use === undefined || (protocol ?? 'TCP') !== 'TCP') return [];
      return [
        `container ${name} has port ${containerPort}, which the proxy needs for ${use}: one of them will not start.`,
      ];
    }),
  );
}

/** The name of a Service begins with a letter, that of a pod need not. */
function serviceWarnings({ appId }: ProxyPlan): readonly string[] {
  if (!/^[0-9]/.test(appId)) return [];
  return [`app id ${appId} begins with a digit, as no name of a Service may: it gets none.`];
}

function protocolWarnings(annotations: PodAnnotations): readonly string[] {
  const annotation = annotations.given('app-protocol');
  if (annotation === null || !annotation.value.startsWith('grpc')) return [];
  return [`annotation ${annotation.key}: calls to an application that speaks gRPC are answered with 501.`];
}

/** With Farpoint's own prefix, nobody else can have meant something by it; with another one, only a slip is told. */
function unknownWarnings(keys: readonly string[], prefixes: readonly string[]): readonly string[] {
  const starts = [ownPrefix, ...prefixes.map((prefix) => `${prefix}/`).filter((start) => start !== ownPrefix)];
  return starts
    .flatMap((start) =>
      keys
        .filter((key) => key.startsWith(start))
        .map((key) => key.slice(start.length))
        .filter((name) => !knownAnnotations.includes(name))
        .slice(0, maxUnknownCompared)
        .flatMap((name) => unknownWarning(start, name) ?? []),
    )
    .slice(0, maxUnknownNamed);
}

/** `null`: it may well mean something to somebody else. */
function unknownWarning(start: string, name: string): string | null {
  const isOwn = start === ownPrefix;
  const nearest = nearestName(name.slice(0, 63), knownAnnotations, isOwn ? undefined : maxSlips);
  if (nearest === null) return isOwn ? `annotation ${start}${name} is not known.` : null;
  return `annotation ${start}${name} is not known. Did you mean ${start}${nearest}?`;
}

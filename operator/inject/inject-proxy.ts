/** Pod -> pod, as the report says. Adds, and changes nothing that is there. Pure. */
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { completeAppContainers } from './complete-app-containers.ts';
import type { InjectionReport, ProxyPlan } from './injection-report.ts';
import { readPod, type Container, type Pod } from './pod.ts';
import { proxyLabels } from './pod-conflicts.ts';
import { proxyContainer } from './proxy-container.ts';
import { proxyVolumes } from './proxy-volumes.ts';

/** kubectl's logs and exec mean this container unless they are told otherwise. */
const defaultContainerAnnotation = 'kubectl.kubernetes.io/default-container';

/** The pod with its proxy, or what it lacks of one; the same object when nothing is to be done. */
export function injectProxy(pod: UnknownRecord, report: InjectionReport): UnknownRecord {
  const reading = readPod(pod);
  if ('mistake' in reading || report.kind === 'refuse') return pod;
  if (report.kind === 'inject') return withProxy(reading.pod, report.plan);
  const { completion } = report;
  return completion === null ? pod : { ...reading.pod, spec: completeAppContainers(reading.pod.spec, completion) };
}

function withProxy(pod: Pod, plan: ProxyPlan): UnknownRecord {
  const { metadata, spec } = pod;
  const hasSocket = plan.app.socketPath !== '';
  const volumes = [...(spec.volumes ?? []), ...proxyVolumes({ tokenAudience: plan.tokenAudience, hasSocket })];
  const completed = completeAppContainers({ ...spec, volumes }, plan.app);
  return {
    ...pod,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, ...proxyLabels(plan) },
      ...annotationsWithDefault(pod, plan),
    },
    spec: {
      ...completed,
      ...containersWithProxy(completed, plan),
      ...pullSecrets(spec, plan),
      // The proxy has no use for variables about Services. An API server writes `true` here before it asks, which cannot be told
      // from a user's own: therefore whatever such a variable could set is an argument as well (argument-table.ts).
      enableServiceLinks: spec.enableServiceLinks ?? false,
    },
  };
}

/** First among its kind: native, the init containers after it can call through it already. */
function containersWithProxy({ containers, initContainers }: Pod['spec'], plan: ProxyPlan): UnknownRecord {
  const proxy = proxyContainer(plan);
  return plan.container === 'native'
    ? { initContainers: [proxy, ...(initContainers ?? [])] }
    : { containers: [proxy, ...containers] };
}

/** A classic proxy comes before the containers of the user, of which the first is meant by default. */
function annotationsWithDefault({ metadata, spec }: Pod, { container }: ProxyPlan): UnknownRecord {
  const first: Container | undefined = spec.containers[0];
  if (container === 'native' || first === undefined) return {};
  return { annotations: { [defaultContainerAnnotation]: first.name, ...metadata.annotations } };
}

function pullSecrets({ imagePullSecrets }: Pod['spec'], plan: ProxyPlan): UnknownRecord {
  const present = imagePullSecrets ?? [];
  const missing = plan.imagePullSecrets.filter((secret) => !present.some(({ name }) => name === secret));
  return missing.length === 0 ? {} : { imagePullSecrets: [...present, ...missing.map((name) => ({ name }))] };
}

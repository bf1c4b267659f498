/** What a pod has already that its proxy needs for itself. Pure. */
import { appIdLabel, injectedLabel } from '../identity/pod-facts.ts';
import { isWindowsPod, type Pod } from './pod.ts';
import type { ProxyPlan } from './injection-report.ts';
import { ownVolumes } from './proxy-volumes.ts';

/** The labels of a pod with a proxy: Services, NetworkPolicies and the operator itself find it by them. */
export function proxyLabels(plan: Pick<ProxyPlan, 'appId' | 'metricsPort'>): Readonly<Record<string, string>> {
  return {
    [injectedLabel]: 'true',
    [appIdLabel]: plan.appId,
    'dapr.io/metrics-enabled': String(plan.metricsPort !== null),
  };
}

/** A sentence for each thing of the user that would have to be changed: nothing of the user's is. */
export function podConflicts(pod: Pod, plan: ProxyPlan): readonly string[] {
  const volumes = (pod.spec.volumes ?? []).map(({ name }) => name).filter((name) => ownVolumes.includes(name));
  const labels = pod.metadata.labels ?? {};
  const wrongLabels = Object.entries(proxyLabels(plan)).filter(
    ([key, value]) => labels[key] !== undefined && labels[key] !== value,
  );
  return [
    ...(isWindowsPod(pod) ? ['the pod is for Windows, and the proxy runs on Linux only.'] : []),
    ...volumes.map((name) => `the pod has a volume ${name}, which is the proxy's name for one of its own: rename it.`),
    ...wrongLabels.map(
      ([key, value]) => `label ${key} (${JSON.stringify(labels[key])}): Farpoint sets it to ${value}; leave it out.`,
    ),
  ];
}

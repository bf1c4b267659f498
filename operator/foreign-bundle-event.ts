/** Says on a ConfigMap that it is in the way of the trust bundle. Pure. */
import type { NewObject } from './kube/kube-client.ts';
import type { KubeObject } from './kube/kube-object.ts';

/** The Event. Its name follows from the ConfigMap, so that every leader writes the same one. */
export function foreignBundleEvent(
  configMap: KubeObject,
  origin: { readonly note: string; readonly instance: string; readonly nowMs: number },
): NewObject {
  const { name, namespace = '', uid } = configMap.metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${name}.${uid.slice(0, 16)}`, namespace },
    eventTime: new Date(origin.nowMs).toISOString().replace('Z', '000Z'),
    reportingController: 'farpoint.dev/operator',
    reportingInstance: origin.instance.slice(0, 128),
    action: 'WriteTrustBundle',
    reason: 'ConfigMapNotOwned',
    regarding: { apiVersion: 'v1', kind: 'ConfigMap', name, namespace, uid },
    note: origin.note,
    type: 'Warning',
  };
}

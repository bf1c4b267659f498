/** Says on an object what somebody should do about it. Pure. */
import { eventObject, type EventSource } from './event-object.ts';
import type { NewObject } from './kube/kube-client.ts';
import type { KubeObject } from './kube/kube-object.ts';

export interface Warning {
  /** In whose metadata nothing else is needed. */
  readonly object: KubeObject;
  readonly apiVersion: string;
  readonly kind: string;
  readonly action: string;
  readonly reason: string;
  /** At most 1024 bytes. */
  readonly note: string;
}

/** The Event. Its name follows from the object and the reason, so that every leader writes the same one. */
export function warningEvent(
  { object, apiVersion, kind, action, reason, note }: Warning,
  source: EventSource,
): NewObject {
  const { name, namespace = '', uid } = object.metadata;
  return eventObject(
    {
      name: eventName(name, `${uid.slice(0, 16)}.${reason.toLowerCase()}`),
      namespace,
      action,
      reason,
      regarding: { apiVersion, kind, name, namespace, uid },
      note,
      type: 'Warning',
    },
    source,
  );
}

/** A DNS subdomain, as the names of objects are. */
function eventName(name: string, suffix: string): string {
  return `${name.slice(0, 180).replace(/[-.]+$/, '')}.${suffix.replaceAll(/[^-a-z0-9.]/g, '').replace(/[-.]+$/, '')}`;
}

/** What happened to a Pod at its creation -> an Event where people look for it. Pure. */
import { digestOf } from '#shared/compile/fingerprint.ts';
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import { eventObject, type EventSource } from '../event-object.ts';
import type { NewObject } from '../kube/kube-client.ts';

export interface PodEvent {
  readonly pod: UnknownRecord;
  readonly namespace: string;
  /**
   * `ProxyNotInjected`: the Pod goes on without one; `PodRefused`: there is no Pod; `InjectionDoubtful`: it has its proxy, and
   * something about it is not likely to be wanted.
   */
  readonly reason: 'ProxyNotInjected' | 'PodRefused' | 'InjectionDoubtful';
  readonly note: string;
}

/** The API server's limit is 1024 bytes, and a letter takes up to four. */
const maxNoteLength = 250;
const hourMs = 3_600_000;

/**
 * The Event, about the controller that makes the Pod: the Pod has no name yet, or none that anybody knows. `null`: there is nothing
 * that it could be about. Its name follows from its content and the hour, so that replicas and repetitions make one.
 */
export function podEvent({ pod, namespace, reason, note }: PodEvent, source: EventSource): NewObject | null {
  const subject = controllerOf(pod) ?? namedPod(pod);
  if (subject === null || namespace === '') return null;
  const text = note.length <= maxNoteLength ? note : `${note.slice(0, maxNoteLength - 1).toWellFormed()}…`;
  const identity = digestOf(JSON.stringify([subject, namespace, reason, text, Math.floor(source.nowMs / hourMs)]));
  return eventObject(
    {
      name: `${subject.name.slice(0, 200).replace(/[-.]+$/, '')}.${identity.slice(0, 16)}`,
      namespace,
      action: 'InjectProxy',
      reason,
      regarding: { ...subject, namespace },
      note: text,
      type: 'Warning',
    },
    source,
  );
}

interface Subject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid?: string;
}

function controllerOf(pod: UnknownRecord): Subject | null {
  const owners = recordFrom(pod['metadata'])?.['ownerReferences'];
  if (!Array.isArray(owners)) return null;
  const owner = owners.map(recordFrom).find((candidate) => candidate?.['controller'] === true);
  const [apiVersion, kind, name, uid] = ['apiVersion', 'kind', 'name', 'uid'].map((field) => shortText(owner?.[field]));
  return apiVersion && kind && name && uid ? { apiVersion, kind, name, uid } : null;
}

function namedPod(pod: UnknownRecord): Subject | null {
  const name = shortText(recordFrom(pod['metadata'])?.['name']);
  return name === '' ? null : { apiVersion: 'v1', kind: 'Pod', name };
}

/** Names and uids are no longer; anything else is no Pod that the API server sends. */
function shortText(value: unknown): string {
  return typeof value === 'string' && value.length <= 253 ? value : '';
}

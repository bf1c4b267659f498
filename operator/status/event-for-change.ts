/** One change of a condition -> one Event (events.k8s.io/v1). Pure. */
import { digestOf } from '#shared/compile/fingerprint.ts';
import { eventObject, type EventSource } from '../event-object.ts';
import type { KubeObject } from '../kube/kube-object.ts';
import type { NewObject } from '../kube/kube-client.ts';
import type { ConditionState } from './condition.ts';
import type { ConditionChange } from './plan-status.ts';
import type { StatusKind } from './status-kind.ts';

export interface EventOrigin extends EventSource {
  readonly of: Pick<StatusKind, 'type' | 'kind'>;
  readonly object: KubeObject;
  readonly generation: number;
}

/** The API server's limit is 1024 bytes. */
const maxNoteBytes = 1_000;

/** The Event. Its name follows from its content, so that a second try does not make a second Event. */
export function eventForChange({ before, after }: ConditionChange, origin: EventOrigin): NewObject {
  const { of: kind, object, nowMs } = origin;
  const { name, namespace = '', uid } = object.metadata;
  const type = after?.type ?? before?.type ?? '';
  const reason = after?.reason ?? `No${before?.reason ?? ''}`;
  const note = after === null ? `${type} is no longer the case` : `${type} is ${after.status}: ${after.message}`;
  const identity = [uid, type, after?.status ?? '', reason, origin.generation, nowMs];
  return eventObject(
    {
      name: eventName(name, JSON.stringify(identity)),
      namespace,
      action: 'SetCondition',
      reason: reason.slice(0, 128),
      regarding: { apiVersion: `${kind.type.group}/${kind.type.version}`, kind: kind.kind, name, namespace, uid },
      note: shortened(note),
      type: after !== null && isWarning(after) ? 'Warning' : 'Normal',
    },
    origin,
  );
}

/** A DNS subdomain, as the names of objects are, for any name of an object. */
function eventName(name: string, identity: string): string {
  return `${name.slice(0, 200).replace(/[-.]+$/, '')}.${digestOf(identity).slice(0, 16)}`;
}

/** Whether somebody should act. */
export function isWarning({ type, status, reason }: ConditionState): boolean {
  switch (type) {
    case 'Accepted':
    case 'ResolvedRefs':
      return status === 'False' || reason.endsWith('WithWarnings') || reason === 'PartiallyInvalid';
    case 'Programmed':
      return reason === 'Refused';
    case 'Conflicted':
      return status === 'True';
  }
}

function shortened(note: string): string {
  const bytes = Buffer.from(note);
  // Cutting may leave half a letter, which decodes as U+FFFD.
  return bytes.length <= maxNoteBytes
    ? note
    : `${bytes
        .subarray(0, maxNoteBytes)
        .toString('utf8')
        .replace(/\uFFFD$/, '')}…`;
}

/** An Event of events.k8s.io/v1 as the operator writes it: whoever has something to say gives only that. Pure. */
import type { NewObject } from './kube/kube-client.ts';

export interface EventContent {
  /** Follows from what is said, so that a repetition makes no second one. */
  readonly name: string;
  readonly namespace: string;
  readonly action: string;
  readonly reason: string;
  /** At most 1024 bytes. */
  readonly note: string;
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
  };
  readonly type: 'Normal' | 'Warning';
}

/** Which replica says it, and when. */
export interface EventSource {
  readonly instance: string;
  readonly nowMs: number;
}

/** The Event, on its way to the API server. */
export function eventObject(
  { name, namespace, ...content }: EventContent,
  { instance, nowMs }: EventSource,
): NewObject {
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace },
    // A MicroTime.
    eventTime: new Date(nowMs).toISOString().replace('Z', '000Z'),
    reportingController: 'farpoint.dev/operator',
    reportingInstance: instance.slice(0, 128),
    ...content,
  };
}

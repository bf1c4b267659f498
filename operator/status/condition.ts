/** Conditions (KEP-1623), and how they are read from an object that anybody may have written. Pure. */
import { recordFrom } from '#shared/resources/read-field.ts';
import type { KubeObject } from '../kube/kube-object.ts';

/** Every condition that the operator writes, in the order in which it writes them. */
export const conditionTypes = ['Accepted', 'ResolvedRefs', 'Programmed', 'Conflicted'] as const;

export type ConditionType = (typeof conditionTypes)[number];

/** What is the case, without when it came to be. */
export interface ConditionState {
  readonly type: ConditionType;
  readonly status: 'True' | 'False' | 'Unknown';
  /** CamelCase. */
  readonly reason: string;
  readonly message: string;
}

export interface Condition extends ConditionState {
  readonly observedGeneration: number;
  /** RFC 3339, whole seconds: when `status` became what it is. */
  readonly lastTransitionTime: string;
}

/** `.status` as the operator writes it. */
export interface ObjectStatus {
  readonly observedGeneration: number;
  /** `n/m`: of m proxies that an endpoint is for, n use its present form; `''`: the kind has no such field. */
  readonly proxies: string;
  readonly conditions: readonly Condition[];
}

/** `.status` as it stands; conditions of others are left out. */
export interface PresentStatus {
  /** -1: there is none. */
  readonly observedGeneration: number;
  readonly proxies: string;
  readonly conditions: readonly Condition[];
}

/** Reads `.status`. What is not as the operator writes it comes out in a form that it never writes. */
export function presentStatusOf(object: KubeObject): PresentStatus {
  const status = recordFrom(object['status']);
  const items: readonly unknown[] = Array.isArray(status?.['conditions']) ? status['conditions'] : [];
  return {
    observedGeneration: numberFrom(status?.['observedGeneration']),
    proxies: textOf(status?.['proxies']),
    conditions: items.flatMap((item) => conditionFrom(item) ?? []),
  };
}

function conditionFrom(item: unknown): Condition | null {
  const fields = recordFrom(item);
  const type = conditionTypes.find((known) => known === fields?.['type']);
  if (fields === null || type === undefined) return null;
  const { status } = fields;
  return {
    type,
    status: status === 'True' || status === 'False' ? status : 'Unknown',
    reason: textOf(fields['reason']),
    message: textOf(fields['message']),
    observedGeneration: numberFrom(fields['observedGeneration']),
    lastTransitionTime: textOf(fields['lastTransitionTime']),
  };
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function numberFrom(value: unknown): number {
  return typeof value === 'number' ? value : -1;
}

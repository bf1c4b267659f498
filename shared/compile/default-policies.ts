/** The names of policies that hold for every target without an entry (spec/resiliency.md §8), and slips in them. Pure. */
import type { PolicyKind, Resiliency, WrittenTarget } from '../resources/resiliency.ts';
import { fieldPath, pointerOf } from '../resources/schema-mistake.ts';
import { nearestName } from '../settings/nearest-name.ts';

/** Of two, the first that is there holds. */
export const defaultPolicies: Readonly<Record<PolicyKind, readonly string[]>> = {
  timeouts: ['DefaultAppTimeoutPolicy', 'DefaultTimeoutPolicy'],
  retries: ['DefaultAppRetryPolicy', 'DefaultRetryPolicy'],
  circuitBreakers: ['DefaultAppCircuitBreakerPolicy', 'DefaultCircuitBreakerPolicy'],
};

export interface DefaultSlip {
  readonly resource: Resiliency;
  readonly message: string;
}

const fieldByKind = {
  timeouts: 'timeout',
  retries: 'retry',
  circuitBreakers: 'circuitBreaker',
} as const satisfies Record<PolicyKind, keyof WrittenTarget>;
const kinds = ['timeouts', 'retries', 'circuitBreakers'] as const satisfies readonly PolicyKind[];

/** More letters are another name: Dapr has such defaults for actors and components too. */
const maxSlips = 2;
const maxNameLength = 40;

/** Policies that are probably meant as defaults: nothing names them, and so they do nothing. */
export function defaultSlips(resources: readonly Resiliency[]): readonly DefaultSlip[] {
  return kinds.flatMap((kind) => {
    const named = new Set(resources.flatMap(({ targets }) => targets.map((target) => target[fieldByKind[kind]])));
    return resources.flatMap((resource) =>
      [...resource.policies[kind].keys()].flatMap((name) => {
        const meant = named.has(name) ? null : defaultMeant(name, defaultPolicies[kind]);
        const path = fieldPath(pointerOf(['spec', 'policies', kind, name]));
        return meant === null ? [] : [{ resource, message: `${path}: no target names it; is ${meant} meant?` }];
      }),
    );
  });
}

function defaultMeant(name: string, names: readonly string[]): string | null {
  if (name.length > maxNameLength || names.includes(name)) return null;
  const lowerCased = names.map((known) => known.toLowerCase());
  const nearest = nearestName(name.toLowerCase(), lowerCased, maxSlips);
  return nearest === null ? null : (names[lowerCased.indexOf(nearest)] ?? null);
}

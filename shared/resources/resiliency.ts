/** `kind: Resiliency`, as written, each policy decoded on its own (spec/resiliency.md §1). */
import type { Finding } from '../compile/finding.ts';
import type { Subject } from '../errors/problem.ts';
import type { BreakerPolicy, RetryPolicy, TimeoutPolicy } from '../table/resilience.ts';

/** A policy without its name and place, which compile gives it. */
export type WrittenPolicy<Policy> = Omit<Policy, 'name' | 'resource'>;

/** One entry of `spec.targets.apps`: names of policies, `''` where it names none. */
export interface WrittenTarget {
  readonly key: string;
  readonly timeout: string;
  readonly retry: string;
  readonly circuitBreaker: string;
}

/** Policies by kind, then by name. */
export interface PolicySets {
  readonly timeouts: ReadonlyMap<string, WrittenPolicy<TimeoutPolicy>>;
  readonly retries: ReadonlyMap<string, WrittenPolicy<RetryPolicy>>;
  readonly circuitBreakers: ReadonlyMap<string, WrittenPolicy<BreakerPolicy>>;
}

export type PolicyKind = keyof PolicySets;

export interface Resiliency {
  readonly subject: Subject;
  readonly name: string;
  /** `''` when the manifest names none. */
  readonly namespace: string;
  /** App ids; empty means every app of the namespace. */
  readonly scopes: readonly string[];
  /** Those that are right. */
  readonly policies: PolicySets;
  /** Names of those that are not: what refers to them is told so. */
  readonly leftOut: Readonly<Record<PolicyKind, ReadonlySet<string>>>;
  /** `targets.apps`, in order. Actors and components are not called through here. */
  readonly targets: readonly WrittenTarget[];
  /** What is wrong with it whoever uses it: what was left out, and what is doubtful. */
  readonly findings: readonly Finding[];
}

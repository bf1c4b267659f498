/** The Resiliency resources of one audience -> what holds for each target. Pure. */
import type { Problem } from '../errors/problem.ts';
import { builtInRetries, overrideOfBuiltIn } from '../resilience/built-in-policies.ts';
import type { PolicyKind, Resiliency, WrittenPolicy, WrittenTarget } from '../resources/resiliency.ts';
import { fieldPath, pointerOf } from '../resources/schema-mistake.ts';
import {
  noResilience,
  type BreakerPolicy,
  type PolicyOrigin,
  type Resilience,
  type RetryPolicy,
  type TargetPolicies,
  type TimeoutPolicy,
} from '../table/resilience.ts';
import { defaultPolicies, defaultSlips } from './default-policies.ts';
import { lastOfEachName, type NoteOn } from './last-of-each-name.ts';
import { PolicyHints } from './policy-hints.ts';
import { maxResources, targetsWithinLimits } from './resilience-limits.ts';

export interface ResilienceResult {
  readonly resilience: Resilience;
  /** Of each resource: what is wrong with itself, then what follows from the others. */
  readonly problems: readonly Problem[];
}

/** `resiliencies`: those for the audience, in order. Of two policies or targets with one name, the later is used. */
export function compileResilience(resiliencies: readonly Resiliency[]): ResilienceResult {
  if (resiliencies.length === 0) return { resilience: noResilience, problems: [] };
  const problemsByResource = new Map(resiliencies.map((resource) => [resource, [] as Problem[]]));
  const note: NoteOn = (resource, { severity, reason, message }) => {
    problemsByResource.get(resource)?.push({ subject: resource.subject, reason, message, severity });
  };
  for (const resource of resiliencies) for (const finding of resource.findings) note(resource, finding);
  for (const resource of resiliencies.slice(maxResources)) {
    const message = `it is left out: ${maxResources} Resiliency resources are for this application already`;
    note(resource, { severity: 'error', reason: 'ResilienceTooLarge', message });
  }
  const resilience = new ResilienceCompiler(resiliencies.slice(0, maxResources), note).compile();
  return { resilience, problems: [...problemsByResource.values()].flat() };
}

/** Every policy that a target can name. */
interface Policies {
  readonly timeouts: ReadonlyMap<string, TimeoutPolicy>;
  readonly retries: ReadonlyMap<string, RetryPolicy>;
  readonly circuitBreakers: ReadonlyMap<string, BreakerPolicy>;
}

const nouns: Readonly<Record<PolicyKind, string>> = {
  timeouts: 'timeout',
  retries: 'retry policy',
  circuitBreakers: 'circuit breaker',
};

class ResilienceCompiler {
  readonly #resources: readonly Resiliency[];
  readonly #note: NoteOn;
  readonly #hints = new PolicyHints();

  constructor(resources: readonly Resiliency[], note: NoteOn) {
    this.#resources = resources;
    this.#note = note;
  }

  compile(): Resilience {
    const policies: Policies = {
      timeouts: this.#policies('timeouts', (resource) => resource.policies.timeouts),
      retries: new Map([...builtIns, ...this.#policies('retries', (resource) => this.#ownRetries(resource))]),
      circuitBreakers: this.#policies('circuitBreakers', (resource) => resource.policies.circuitBreakers),
    };
    for (const { resource, message } of defaultSlips(this.#resources)) {
      this.#note(resource, { severity: 'warning', reason: 'NoEffect', message });
    }
    const targets = lastOfEachName(this.#resources, {
      steps: ['spec', 'targets', 'apps'],
      entriesOf: (resource) => resource.targets.map((target) => [target.key, target] as const),
      note: this.#note,
    });
    const compiled = [...targets.values()].map(({ resource, value }) => ({
      resource,
      value: { key: value.key, policies: this.#targetPolicies(value, { resource, policies }) },
    }));
    return {
      resources: this.#resources.map(({ name, namespace }) => ({ name, namespace })),
      targets: targetsWithinLimits(compiled, this.#note),
      defaults: defaultsFrom(policies),
    };
  }

  #policies<Policy extends object>(
    kind: PolicyKind,
    written: (resource: Resiliency) => ReadonlyMap<string, Policy>,
  ): ReadonlyMap<string, Policy & PolicyOrigin> {
    const steps = ['spec', 'policies', kind];
    const owned = lastOfEachName(this.#resources, { steps, entriesOf: written, note: this.#note });
    return new Map(
      [...owned].map(([name, { resource, value }]) => [name, { name, resource: resource.name, ...value }]),
    );
  }

  /** Those with the name of a built-in one follow rules of their own. */
  #ownRetries(resource: Resiliency): ReadonlyMap<string, WrittenPolicy<RetryPolicy>> {
    const own = new Map<string, WrittenPolicy<RetryPolicy>>();
    for (const [name, written] of resource.policies.retries) {
      const { policy, warning } = overrideOfBuiltIn(name, written);
      if (policy !== null) own.set(name, policy);
      if (warning === null) continue;
      const message = `${fieldPath(pointerOf(['spec', 'policies', 'retries', name]))}: ${warning}`;
      this.#note(resource, { severity: 'warning', reason: 'BuiltInPolicy', message });
    }
    return own;
  }

  #targetPolicies(
    { key, timeout, retry, circuitBreaker }: WrittenTarget,
    { resource, policies }: { readonly resource: Resiliency; readonly policies: Policies },
  ): TargetPolicies {
    const check = (kind: PolicyKind, field: string, name: string): void => {
      if (name === '' || policies[kind].has(name)) return;
      const path = fieldPath(pointerOf(['spec', 'targets', 'apps', key, field]));
      const isBroken = this.#resources.some(({ leftOut }) => leftOut[kind].has(name));
      const nearest = isBroken ? null : this.#hints.nearest(name, policies[kind].keys());
      const hint = nearest === null ? '' : `; is ${nearest} meant?`;
      const why = isBroken ? `is left out for a mistake in it` : `does not exist${hint}`;
      const message = `${path} has no effect: the ${nouns[kind]} ${JSON.stringify(name)} ${why}`;
      this.#note(resource, { severity: 'error', reason: 'PolicyNotFound', message });
    };
    check('timeouts', 'timeout', timeout);
    check('retries', 'retry', retry);
    check('circuitBreakers', 'circuitBreaker', circuitBreaker);
    return {
      timeout: limitFrom(policies.timeouts.get(timeout)),
      retry: policies.retries.get(retry) ?? null,
      breaker: policies.circuitBreakers.get(circuitBreaker) ?? null,
    };
  }
}

const builtIns = [...builtInRetries].map(([name, policy]) => [name, { name, resource: '', ...policy }] as const);

/** Those that hold by their names alone. */
function defaultsFrom({ timeouts, retries, circuitBreakers }: Policies): TargetPolicies {
  const first = <Policy>(kind: PolicyKind, policies: ReadonlyMap<string, Policy>): Policy | undefined =>
    defaultPolicies[kind].flatMap((name) => policies.get(name) ?? [])[0];
  return {
    timeout: limitFrom(first('timeouts', timeouts)),
    retry: first('retries', retries) ?? null,
    breaker: first('circuitBreakers', circuitBreakers) ?? null,
  };
}

/** A timeout of zero is none, as in Dapr. */
function limitFrom(policy: TimeoutPolicy | undefined): TimeoutPolicy | null {
  return policy === undefined || policy.timeoutMs === 0 ? null : policy;
}

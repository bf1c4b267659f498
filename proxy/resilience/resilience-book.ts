/**
 * The live side of Resiliency: one breaker and one retry budget for each target. They outlive tables: a new one takes away only
 * what it changes, and calls under way finish with what they began with.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { indexTargets, policiesForApp, policiesForEndpoint, policiesForUrl } from '#shared/resilience/policies-for.ts';
import type { PolicyMatch, TargetIndex } from '#shared/resilience/policies-for.ts';
import { parseBaseUrl } from '#shared/table/base-url.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import type { Resilience, TargetPolicies } from '#shared/table/resilience.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { Route } from '../target/router.ts';
import type { CallTarget, LiveBreaker, Telemetry } from '../telemetry/telemetry.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { BreakerFactory } from './breaker-factory.ts';
import type { CallGuards, CallResilience } from './call-resilience.ts';
import { LiveTargets, type LiveTarget } from './live-targets.ts';
import { PickedPolicies } from './picked-policies.ts';

export interface ResilienceBookOptions {
  /** Of this proxy, which names without a namespace are of. */
  readonly namespace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** What calls to one upstream get by one entry of the table. */
interface Guard {
  readonly live: LiveTarget;
  readonly resilience: CallResilience;
  readonly picked: PickedPolicies;
}

export class ResilienceBook implements CallGuards {
  readonly #options: ResilienceBookOptions;
  readonly #live: LiveTargets;
  #factory: BreakerFactory | null = null;
  #table: EndpointTable | null = null;
  /** Null while the table has no policy at all. */
  #index: TargetIndex | null = null;
  #guards = new WeakMap<PolicyMatch, WeakMap<Upstream, Guard>>();

  constructor(options: ResilienceBookOptions) {
    this.#options = options;
    this.#live = new LiveTargets({
      clock: options.clock,
      createBreaker: (target, policy) => {
        if (this.#factory === null) throw new Error('circuit breakers are not loaded');
        return this.#factory.create(target, policy);
      },
    });
  }

  /** Gets ready for a table; null: it is. A table must not be applied before. */
  load({ resilience }: EndpointTable): Promise<void> | null {
    if (this.#factory !== null || !hasBreaker(resilience)) return null;
    return import('./breaker-factory.ts').then(({ BreakerFactory }) => {
      this.#factory ??= new BreakerFactory(this.#options);
    });
  }

  apply(table: EndpointTable): void {
    const { resilience } = table;
    this.#table = table;
    this.#index = allPolicies(resilience).every(isEmpty) ? null : indexTargets(resilience);
    this.#guards = new WeakMap();
    const exactByOrigin = Map.groupBy(this.#index?.byKey.values() ?? [], ({ key }) => originOf(key));
    this.#live.retain((live) => this.#isInForce(live, exactByOrigin.get(live.target.label) ?? []));
  }

  forCall({ upstream }: Route, targetText: string): CallResilience | null {
    const index = this.#index;
    if (index === null) return null;
    const match = matchFor(index, { target: upstream.target, text: targetText, namespace: this.#options.namespace });
    if (isEmpty(match.policies)) return null;
    const { live, resilience, picked } = this.#guardOf(match, upstream);
    this.#live.use(live);
    picked.report(this.#options.telemetry, live.breaker?.state ?? null);
    return resilience;
  }

  breakers(): readonly LiveBreaker[] {
    return this.#live.breakers();
  }

  #guardOf(match: PolicyMatch, upstream: Upstream): Guard {
    const known = this.#guards.get(match)?.get(upstream);
    return known === undefined || known.live.isForgotten ? this.#makeGuard(match, upstream) : known;
  }

  #makeGuard(match: PolicyMatch, upstream: Upstream): Guard {
    const guards = this.#guards.get(match) ?? new WeakMap<Upstream, Guard>();
    this.#guards.set(match, guards);
    const { target } = upstream;
    const { policies } = match;
    const live = this.#live.find(target, { place: this.#placeOf(target) ?? '', policy: policies.breaker });
    const resilience = { policies, breaker: live.breaker, budget: policies.retry === null ? null : live.budget };
    const guard = { live, resilience, picked: new PickedPolicies(target, policies) };
    guards.set(upstream, guard);
    return guard;
  }

  /** Where the calls go: an endpoint that moves is another upstream, and begins anew. Null: no call of now gets there. */
  #placeOf({ kind, label }: CallTarget): string | null {
    if (kind !== 'endpoint') return label;
    const endpoint = this.#table?.endpointsByName.get(label);
    return endpoint?.state === 'ready' ? endpoint.baseUrl.origin : null;
  }

  /** Whether a call of now could still come to it. `exact`: the entries for single URLs of its origin. */
  #isInForce(live: LiveTarget, exact: readonly PolicyMatch[]): boolean {
    const index = this.#index;
    if (index === null || this.#placeOf(live.target) !== live.place) return false;
    const { kind, label } = live.target;
    const { namespace } = this.#options;
    const texts = kind === 'app' ? [label, `${label}.${namespace}`] : [''];
    const matches = texts.map((text) => matchFor(index, { target: live.target, text, namespace }));
    return [...matches, ...(kind === 'url' ? exact : [])].some(
      ({ policies }) => !isEmpty(policies) && live.isFor(policies.breaker),
    );
  }
}

interface Question {
  readonly target: CallTarget;
  /** As the caller wrote it. */
  readonly text: string;
  readonly namespace: string;
}

function matchFor(index: TargetIndex, { target, text, namespace }: Question): PolicyMatch {
  switch (target.kind) {
    case 'endpoint':
      return policiesForEndpoint(index, target.label, namespace);
    case 'app':
      return policiesForApp(index, text, namespace);
    case 'url':
      return policiesForUrl(index, text, target.label);
  }
}

function originOf(key: string): string | null {
  return key.includes('://') ? (parseBaseUrl(key).baseUrl?.origin ?? null) : null;
}

function allPolicies({ targets, defaults }: Resilience): readonly TargetPolicies[] {
  return [...targets.map(({ policies }) => policies), defaults];
}

function hasBreaker(resilience: Resilience): boolean {
  return allPolicies(resilience).some(({ breaker }) => breaker !== null);
}

function isEmpty({ timeout, retry, breaker }: TargetPolicies): boolean {
  return timeout === null && retry === null && breaker === null;
}

/**
 * The targets that calls have met: for each its breaker and its retry budget. Endpoints and apps are as many as the table has;
 * callers choose the URLs, so of those the ones called last are kept. An open breaker of an origin that has been forgotten is
 * lost with it: it begins closed when the origin is called again, behind 256 others.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { RecentMap } from '#shared/memory/recent-map.ts';
import type { BreakerPolicy } from '#shared/table/resilience.ts';
import type { CallTarget, LiveBreaker } from '../telemetry/telemetry.ts';
import type { CircuitBreaker } from './circuit-breaker.ts';
import { RetryBudget } from './retry-budget.ts';

/** As many as UrlUpstreams keeps. */
const maxUrls = 256;

export interface LiveTargetsOptions {
  readonly clock: Clock;
  readonly createBreaker: (target: CallTarget, policy: BreakerPolicy) => CircuitBreaker;
}

/** Which one of a target: it begins anew when either changes. */
export interface TargetIdentity {
  /** Where the target's calls go. */
  readonly place: string;
  readonly policy: BreakerPolicy | null;
}

export class LiveTarget {
  readonly key: string;
  readonly target: CallTarget;
  readonly place: string;
  readonly breaker: CircuitBreaker | null;
  readonly budget: RetryBudget;
  readonly #policyText: string;
  #isForgotten = false;

  constructor(key: string, options: Pick<LiveTarget, 'target' | 'place' | 'breaker' | 'budget'>) {
    this.key = key;
    this.target = options.target;
    this.place = options.place;
    this.breaker = options.breaker;
    this.budget = options.budget;
    this.#policyText = policyText(options.breaker?.policy ?? null);
  }

  /** Whether it was made for a policy that says the same. */
  isFor(policy: BreakerPolicy | null): boolean {
    return policyText(policy) === this.#policyText;
  }

  /** New calls get another. */
  get isForgotten(): boolean {
    return this.#isForgotten;
  }

  forget(): void {
    this.#isForgotten = true;
    this.breaker?.retire();
  }
}

export class LiveTargets {
  readonly #options: LiveTargetsOptions;
  readonly #configured = new Map<string, LiveTarget>();
  readonly #urls = new RecentMap<LiveTarget>(maxUrls);

  constructor(options: LiveTargetsOptions) {
    this.#options = options;
  }

  /** The one of this identity; made when there is none. */
  find(target: CallTarget, { place, policy }: TargetIdentity): LiveTarget {
    const isUrl = target.kind === 'url';
    const key = JSON.stringify([target.kind, target.label, place, policyText(policy)]);
    const known = (isUrl ? this.#urls : this.#configured).get(key);
    if (known !== undefined) return known;
    const { clock, createBreaker } = this.#options;
    const breaker = policy === null ? null : createBreaker(target, policy);
    const live = new LiveTarget(key, { target, place, breaker, budget: new RetryBudget(clock) });
    if (isUrl) this.#urls.set(key, live)?.forget();
    else this.#configured.set(key, live);
    return live;
  }

  /** Makes it the most recently called. */
  use(live: LiveTarget): void {
    if (live.target.kind === 'url' && !live.isForgotten) this.#urls.set(live.key, live);
  }

  /** Forgets every other. */
  retain(isKept: (live: LiveTarget) => boolean): void {
    for (const targets of [this.#configured, this.#urls]) {
      for (const live of targets.values()) {
        if (isKept(live)) continue;
        targets.delete(live.key);
        live.forget();
      }
    }
  }

  breakers(): readonly LiveBreaker[] {
    const all = [...this.#configured.values(), ...this.#urls.values()];
    return all.flatMap(({ breaker }) => (breaker === null ? [] : [breaker]));
  }
}

/** Everything in it, in one order. */
function policyText(policy: BreakerPolicy | null): string {
  if (policy === null) return '';
  const { name, resource, maxRequests, intervalMs, timeoutMs, trip } = policy;
  return JSON.stringify([name, resource, maxRequests, intervalMs, timeoutMs, trip]);
}

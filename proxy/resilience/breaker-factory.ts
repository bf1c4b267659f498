/** Makes circuit breakers and says what becomes of them. Loaded only when one is configured: it brings opossum and CEL along. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { GenerationMap } from '#shared/memory/generation-map.ts';
import { parseTripRule, type TripRule } from '#shared/resilience/trip-rule.ts';
import type { BreakerPolicy } from '#shared/table/resilience.ts';
import { LogLimiter } from '../pipeline/log-limiter.ts';
import type { CallTarget, Telemetry } from '../telemetry/telemetry.ts';
import { CircuitBreaker } from './circuit-breaker.ts';

export interface BreakerFactoryOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly telemetry: Telemetry;
}

/** Rules kept for breakers to come; a proxy has a few, and any number of URLs may share one. */
const keptRules = 32;

const defaultRule: TripRule = ({ consecutiveFailures }) => consecutiveFailures > 5;

export class BreakerFactory {
  readonly #options: BreakerFactoryOptions;
  readonly #changes: LogLimiter;
  readonly #rules = new GenerationMap<TripRule>(keptRules);

  constructor(options: BreakerFactoryOptions) {
    this.#options = options;
    this.#changes = new LogLimiter(options.logger, options.clock);
  }

  /** A closed one. */
  create(target: CallTarget, policy: BreakerPolicy): CircuitBreaker {
    const { clock, telemetry } = this.#options;
    return new CircuitBreaker({
      target,
      policy,
      trips: this.#ruleOf(policy),
      clock,
      onChange: (breaker, from) => {
        telemetry.policyActivated({ target, part: 'circuitbreaker', policy, status: breaker.state });
        this.#changes.info('circuit breaker changed its state', {
          kind: target.kind,
          target: target.label,
          resiliency: policy.resource,
          policy: policy.name,
          from,
          to: breaker.state,
        });
      },
    });
  }

  /** Rules are checked before they come here. One that this version cannot read must not leave the target unguarded. */
  #ruleOf({ trip, name, resource }: BreakerPolicy): TripRule {
    const known = this.#rules.get(trip);
    if (known !== undefined) return known;
    const { rule, mistake } = parseTripRule(trip);
    if (mistake !== null) {
      this.#options.logger.warn('a trip rule cannot be used, the default one takes its place', {
        resiliency: resource,
        policy: name,
        reason: mistake,
      });
    }
    const used = rule ?? defaultRule;
    this.#rules.set(trip, used);
    return used;
  }
}

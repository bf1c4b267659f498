/** What is reported of the policies that a call found. Made once for a target and an entry: a call only hands it on. */
import type { TargetPolicies } from '#shared/table/resilience.ts';
import type { BreakerState, CallTarget, PolicyUse, Telemetry } from '../telemetry/telemetry.ts';

export class PickedPolicies {
  readonly #always: readonly PolicyUse[];
  readonly #breaker: Readonly<Record<BreakerState, PolicyUse>> | null = null;

  constructor(target: CallTarget, { timeout, retry, breaker }: TargetPolicies) {
    this.#always = [
      ...(timeout === null ? [] : [{ target, part: 'timeout', policy: timeout, status: '' } as const]),
      ...(retry === null ? [] : [{ target, part: 'retry', policy: retry, status: '' } as const]),
    ];
    if (breaker === null) return;
    const use = { target, part: 'circuitbreaker', policy: breaker } as const;
    this.#breaker = {
      closed: { ...use, status: 'closed' },
      'half-open': { ...use, status: 'half-open' },
      open: { ...use, status: 'open' },
    };
  }

  /** `state`: of the breaker, null without one. */
  report(telemetry: Telemetry, state: BreakerState | null): void {
    for (const use of this.#always) telemetry.policyPicked(use);
    if (this.#breaker !== null && state !== null) telemetry.policyPicked(this.#breaker[state]);
  }
}

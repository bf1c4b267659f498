/** What one try tells its breaker, as soon as it is known. */
import type { Clock, Timer } from '#shared/clock/clock.ts';
import type { CallResult } from '../upstream/answer-handler.ts';
import type { Admission } from './call-resilience.ts';

/** An answer that has flowed for so long is a good one: an event stream may go on for days. */
const goodAfterMs = 1_000;

export class TryVerdict {
  readonly #clock: Clock;
  #admission: Admission | null;
  #timer: Timer | null = null;
  #answeredAtMs = Infinity;

  /** `admission`: null where there is no breaker. */
  constructor(admission: Admission | null, clock: Clock) {
    this.#admission = admission;
    this.#clock = clock;
  }

  /** The head of the answer came. */
  answered(status: number): void {
    if (this.#admission === null) return;
    this.#timer?.cancel();
    if (status >= 500 || status === 429) return this.#settle('failed');
    this.#answeredAtMs = this.#clock.monotonicMs();
    // Only a probe is waited for; a timer for each call would cost more than the rest of its breaker.
    if (this.#admission.isProbe) this.#timer = this.#clock.after(goodAfterMs, () => this.#settle('succeeded'));
  }

  /** The try is over. A caller who leaves inside an answer has got one; all else that is the caller's doing says nothing. */
  ended({ status, error }: Pick<CallResult, 'status' | 'error'>): void {
    if (this.#admission === null) return;
    if (error === null || this.#clock.monotonicMs() - this.#answeredAtMs >= goodAfterMs) this.#settle('succeeded');
    else if (error.code.startsWith('upstream-')) this.#settle('failed');
    else this.#settle(error.code === 'caller-left' && status !== 0 ? 'succeeded' : 'ignored');
  }

  #settle(verdict: 'succeeded' | 'failed' | 'ignored'): void {
    this.#timer?.cancel();
    this.#admission?.[verdict]();
    this.#admission = null;
  }
}

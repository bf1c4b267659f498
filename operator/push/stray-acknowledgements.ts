/** Acknowledgements of streams that this replica does not have: kept for a minute, for the replica that has them. */
import type { Clock } from '#shared/clock/clock.ts';
import type { Acknowledgement } from '#shared/push/push-channel.ts';

/** An acknowledgement and the pod whose proxy sent it, as its token said. */
export interface PodAcknowledgement {
  readonly podUid: string;
  readonly acknowledgement: Acknowledgement;
}

interface Kept extends PodAcknowledgement {
  readonly sequence: number;
  readonly bytes: number;
  readonly keptAtMs: number;
}

const keepMs = 60_000;
const maxKept = 4_096;
const maxBytes = 4 * 1024 * 1024;

export class StrayAcknowledgements {
  readonly #clock: Clock;
  #kept: Kept[] = [];
  #bytes = 0;
  #sequence = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Of the last one that was kept; 0 when none was. */
  get sequence(): number {
    return this.#sequence;
  }

  /** Keeps one. What is oldest goes when there are too many. */
  keep(podUid: string, acknowledgement: Acknowledgement): void {
    const bytes = JSON.stringify(acknowledgement).length;
    this.#sequence += 1;
    this.#kept.push({ podUid, acknowledgement, sequence: this.#sequence, bytes, keptAtMs: this.#clock.monotonicMs() });
    this.#bytes += bytes;
    this.#forget();
  }

  /** Those that came after this one. */
  after(sequence: number): readonly PodAcknowledgement[] {
    this.#forget();
    return this.#kept
      .filter((kept) => kept.sequence > sequence)
      .map(({ podUid, acknowledgement }) => ({ podUid, acknowledgement }));
  }

  #forget(): void {
    const oldestMs = this.#clock.monotonicMs() - keepMs;
    let count = 0;
    for (const { bytes, keptAtMs } of this.#kept) {
      if (keptAtMs >= oldestMs && this.#kept.length - count <= maxKept && this.#bytes <= maxBytes) break;
      this.#bytes -= bytes;
      count += 1;
    }
    if (count > 0) this.#kept = this.#kept.slice(count);
  }
}

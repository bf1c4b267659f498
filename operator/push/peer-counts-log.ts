/** Remembers in which order counts changed, so that another replica gets only what changed since it last asked. */
import { randomBytes } from 'node:crypto';
import { RecentMap } from '#shared/memory/recent-map.ts';
import type { PeerCountsMessage } from './peer-counts-message.ts';
import type { ProgrammedTally } from './programmed-tally.ts';
import type { StrayAcknowledgements } from './stray-acknowledgements.ts';

export interface PeerCountsLogOptions {
  readonly tally: ProgrammedTally;
  readonly strays: StrayAcknowledgements;
  /** Endpoints whose last change is remembered; defaults to 100,000. */
  readonly maxEndpoints?: number;
}

export class PeerCountsLog {
  readonly #options: PeerCountsLogOptions;
  /** Tells this run of this replica from others: sequences begin again. */
  readonly #instance = randomBytes(8).toString('base64url');
  /** In the order of the last change. */
  readonly #sequencesByEndpoint: RecentMap<number>;
  #sequence = 0;
  /** Changes up to here may have been forgotten. */
  #forgottenSequence = 0;

  constructor(options: PeerCountsLogOptions) {
    this.#options = options;
    this.#sequencesByEndpoint = new RecentMap(options.maxEndpoints ?? 100_000);
  }

  /** Follows the counts. Returns the way to stop. */
  follow(): () => void {
    return this.#options.tally.onChanged((endpoints) => this.#note(endpoints));
  }

  /** The answer for a replica that has this cursor; `''`: none. */
  messageAfter(cursor: string): PeerCountsMessage {
    const { tally, strays } = this.#options;
    const [instance, sequenceText, strayText] = cursor.split('.');
    const isOurs = instance === this.#instance;
    const after = isOurs ? Number(sequenceText) : Number.NaN;
    const isComplete = !(after >= this.#forgottenSequence && after <= this.#sequence);
    const strayAfter = isOurs && Number(strayText) >= 0 ? Number(strayText) : 0;
    const counts: Record<string, readonly [number, number]> = {};
    for (const endpoint of isComplete ? tally.endpoints() : this.#changedAfter(after)) {
      const { entitled, programmed } = tally.countFor(endpoint);
      counts[endpoint] = [entitled, programmed];
    }
    return {
      cursor: `${this.#instance}.${this.#sequence}.${strays.sequence}`,
      isComplete,
      counts,
      acknowledgements: strays.after(strayAfter),
    };
  }

  *#changedAfter(after: number): Generator<string> {
    for (const [endpoint, sequence] of this.#sequencesByEndpoint.entries()) if (sequence > after) yield endpoint;
  }

  #note(endpoints: ReadonlySet<string>): void {
    this.#sequence += 1;
    for (const endpoint of endpoints) {
      const forgotten = this.#sequencesByEndpoint.set(endpoint, this.#sequence);
      this.#forgottenSequence = forgotten ?? this.#forgottenSequence;
    }
  }
}

/** Brings newest tables to streams, a slice of time at a time: acknowledgements and other requests are served in between. */
import type { Clock } from '#shared/clock/clock.ts';
import type { AudienceTable, TableBoard } from '../tables/audience-table.ts';
import type { AudienceGroup } from './audience-streams.ts';
import type { PushStream } from './push-stream.ts';

export interface PublicationPassOptions {
  readonly board: TableBoard;
  readonly clock: Clock;
  readonly sliceMs: number;
  readonly visit: (stream: PushStream, table: AudienceTable) => void;
}

/** Looking at the clock costs about as much as a visit that changes nothing. */
const visitsPerLook = 16;

export class PublicationPass {
  readonly #options: PublicationPassOptions;
  readonly #waiting = new Set<AudienceGroup>();
  readonly #visits: Iterator<'visited' | 'idle'>;
  #isUnderWay = false;

  constructor(options: PublicationPassOptions) {
    this.#options = options;
    this.#visits = this.#walk();
  }

  /** Visits all streams of these groups, soon; one that waits already is visited once. */
  add(groups: Iterable<AudienceGroup>): void {
    for (const group of groups) this.#waiting.add(group);
    if (this.#isUnderWay || this.#waiting.size === 0) return;
    this.#isUnderWay = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    const { clock, sliceMs } = this.#options;
    const untilMs = clock.monotonicMs() + sliceMs;
    do {
      for (let visits = 0; visits < visitsPerLook; visits += 1) {
        if (this.#visits.next().value === 'idle') {
          this.#isUnderWay = false;
          return;
        }
      }
    } while (clock.monotonicMs() < untilMs);
    setImmediate(() => this.#slice());
  }

  /** Never ends: says `idle` when there is nothing to visit, and goes on when there is again. */
  *#walk(): Generator<'visited' | 'idle', never> {
    for (;;) {
      for (const group of this.#waiting) {
        this.#waiting.delete(group);
        const table = this.#options.board.tableFor(group.audience);
        // Whoever comes later has this table, or a newer one that must not be followed by this one.
        for (const stream of Array.from(group.streams)) {
          this.#options.visit(stream, table);
          yield 'visited';
        }
      }
      yield 'idle';
    }
  }
}

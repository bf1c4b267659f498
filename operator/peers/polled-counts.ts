/**
 * What the other replicas count. Each replica asks the others once a second for what changed; one that is gone takes its
 * proxies with it, and they come back to another.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { PeerCountsMessage } from '../push/peer-counts-message.ts';
import type { ProgrammedCount } from '../push/programmed-counts.ts';
import type { PodAcknowledgement } from '../push/stray-acknowledgements.ts';
import type { PeerCounts } from '../status/peer-counts.ts';
import type { Replica } from './replica-directory.ts';

export interface PolledCountsOptions {
  /** Null: they are not known yet. */
  readonly others: () => readonly Replica[] | null;
  /** Rejects with LinkError. */
  readonly ask: (replica: Replica, cursor: string, signal: AbortSignal) => Promise<PeerCountsMessage>;
  /** Takes acknowledgements that came to another replica. */
  readonly onAcknowledgements: (acknowledgements: readonly PodAcknowledgement[]) => void;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface KnownPeer {
  /** `''`: it has not answered yet. */
  cursor: string;
  countsByEndpoint: Map<string, readonly [entitled: number, programmed: number]>;
  isFailing: boolean;
}

const pollMs = 1_000;
const nothing: readonly [number, number] = [0, 0];

export class PolledCounts implements PeerCounts {
  readonly #options: PolledCountsOptions;
  readonly #peersByName = new Map<string, KnownPeer>();
  readonly #listeners = new Set<(endpoints: ReadonlySet<string>) => void>();

  constructor(options: PolledCountsOptions) {
    this.#options = options;
  }

  countFor(endpoint: string): ProgrammedCount {
    let entitled = 0;
    let programmed = 0;
    for (const { countsByEndpoint } of this.#peersByName.values()) {
      const [more, moreProgrammed] = countsByEndpoint.get(endpoint) ?? nothing;
      entitled += more;
      programmed += moreProgrammed;
    }
    return { entitled, programmed };
  }

  onChanged(listener: (endpoints: ReadonlySet<string>) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  isComplete(): boolean {
    const present = this.#options.others();
    return present !== null && present.every(({ name }) => (this.#peersByName.get(name)?.cursor ?? '') !== '');
  }

  /** Asks until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { others, clock } = this.#options;
    while (!signal.aborted) {
      const present = others() ?? [];
      this.#forgetAllBut(new Set(present.map(({ name }) => name)));
      await Promise.all(present.map((replica) => this.#ask(replica, signal)));
      await clock.sleep(pollMs, signal);
    }
  }

  async #ask(replica: Replica, signal: AbortSignal): Promise<void> {
    const { ask, onAcknowledgements, logger } = this.#options;
    const peer = this.#peersByName.get(replica.name) ?? {
      cursor: '',
      countsByEndpoint: new Map(),
      isFailing: false,
    };
    this.#peersByName.set(replica.name, peer);
    try {
      const message = await ask(replica, peer.cursor, signal);
      peer.isFailing = false;
      peer.cursor = message.cursor;
      this.#take(peer, message);
      onAcknowledgements(message.acknowledgements);
    } catch (err) {
      // What it said last holds as long as its Lease does.
      if (!signal.aborted && !peer.isFailing) logger.warn('a replica cannot be asked', { replica: replica.name, err });
      peer.isFailing = true;
    }
  }

  #take(peer: KnownPeer, { isComplete, counts }: PeerCountsMessage): void {
    const changed = new Set(Object.keys(counts));
    if (isComplete) {
      for (const endpoint of peer.countsByEndpoint.keys()) changed.add(endpoint);
      peer.countsByEndpoint = new Map();
    }
    for (const [endpoint, count] of Object.entries(counts)) {
      if (count[0] === 0 && count[1] === 0) peer.countsByEndpoint.delete(endpoint);
      else peer.countsByEndpoint.set(endpoint, count);
    }
    this.#tell(changed);
  }

  #forgetAllBut(names: ReadonlySet<string>): void {
    for (const [name, { countsByEndpoint }] of this.#peersByName) {
      if (names.has(name)) continue;
      this.#peersByName.delete(name);
      this.#tell(new Set(countsByEndpoint.keys()));
    }
  }

  #tell(endpoints: ReadonlySet<string>): void {
    if (endpoints.size === 0) return;
    for (const listener of this.#listeners) listener(endpoints);
  }
}

/** Tells about Pods by Events, each thing once in a while: whoever makes Pods tries again and again. */
import { digestOf } from '#shared/compile/fingerprint.ts';
import type { Clock } from '#shared/clock/clock.ts';
import { ExpiringMap } from '../identity/expiring-map.ts';
import { TokenBucket } from '../identity/token-bucket.ts';
import type { EventWriter } from '../status/event-writer.ts';
import { podEvent, type PodEvent } from './pod-event.ts';

export interface PodEventsOptions {
  readonly writer: Pick<EventWriter, 'add'>;
  /** Which replica says so. */
  readonly instance: string;
  readonly clock: Clock;
}

const maxKnown = 10_000;
const silentMs = 10 * 60_000;
/** Whoever reaches the port can make us say something of any namespace: this much at most. */
const perSecond = 1;
const burst = 50;

export class PodEvents {
  readonly #options: PodEventsOptions;
  readonly #known: ExpiringMap<true>;
  readonly #bucket: TokenBucket;

  constructor(options: PodEventsOptions) {
    this.#options = options;
    this.#known = new ExpiringMap({ clock: options.clock, maxEntries: maxKnown });
    this.#bucket = new TokenBucket({ clock: options.clock, perSecond, burst });
  }

  /** Writes it in the background, unless the same was said a while ago, or too much was. */
  tell(happened: PodEvent): void {
    const { writer, instance, clock } = this.#options;
    const event = podEvent(happened, { instance, nowMs: clock.epochMs() });
    if (event === null) return;
    const key = digestOf(JSON.stringify([event['regarding'], event['reason'], event['note']]));
    if (this.#known.get(key) === true || !this.#bucket.take()) return;
    this.#known.set(key, true, { lifetimeMs: silentMs });
    writer.add(event);
  }
}

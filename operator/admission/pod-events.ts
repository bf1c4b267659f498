/** Tells about Pods by Events, each thing once in a while: whoever makes Pods tries again and again. */
import { digestOf } from '#shared/compile/fingerprint.ts';
import type { Clock } from '#shared/clock/clock.ts';
import { ExpiringMap } from '../identity/expiring-map.ts';
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

export class PodEvents {
  readonly #options: PodEventsOptions;
  readonly #known: ExpiringMap<true>;

  constructor(options: PodEventsOptions) {
    this.#options = options;
    this.#known = new ExpiringMap({ clock: options.clock, maxEntries: maxKnown });
  }

  /** Writes it in the background, unless the same was said a while ago. */
  tell(happened: PodEvent): void {
    const { writer, instance, clock } = this.#options;
    const event = podEvent(happened, { instance, nowMs: clock.epochMs() });
    if (event === null) return;
    const key = digestOf(JSON.stringify([event['regarding'], event['reason'], event['note']]));
    if (this.#known.get(key) === true) return;
    this.#known.set(key, true, { lifetimeMs: silentMs });
    writer.add(event);
  }
}

/** Writes Events in the background: a bounded queue, a bounded rate, some tries each. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { TokenBucket } from '../identity/token-bucket.ts';
import { isNamespaceGone } from '../kube/is-namespace-gone.ts';
import type { KubeClient, NewObject } from '../kube/kube-client.ts';
import { events } from '../kube/resource-types.ts';
import type { StatusMetrics } from './status-metrics.ts';

export interface EventWriterOptions {
  readonly kube: Pick<KubeClient, 'create'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: StatusMetrics;
  /** A number between 0 and 1, to spread retries. */
  readonly random: () => number;
}

const maxQueued = 1_000;
const maxTries = 5;
const perSecond = 10;
const burst = 50;
const firstBackoffMs = 500;

export class EventWriter {
  readonly #options: EventWriterOptions;
  readonly #queue: NewObject[] = [];
  #wake: () => void = () => undefined;
  /** Said once until an Event gets through again. */
  #isFailing = false;

  constructor(options: EventWriterOptions) {
    this.#options = options;
  }

  /** Queues an Event; with too many, the oldest is dropped. */
  add(event: NewObject): void {
    if (this.#queue.length >= maxQueued) {
      this.#queue.shift();
      this.#drop('too many events wait; the oldest is dropped', {});
    }
    this.#queue.push(event);
    this.#wake();
  }

  /** Writes until the signal is aborted; what waits then is lost, as Events may be. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const bucket = new TokenBucket({ clock, perSecond, burst });
    signal.addEventListener('abort', () => this.#wake(), { once: true });
    while (!signal.aborted) {
      const event = this.#queue.shift();
      if (event === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      await bucket.wait(signal);
      await this.#write(event, signal);
    }
  }

  async #write(event: NewObject, signal: AbortSignal): Promise<void> {
    const { kube, clock, metrics, random } = this.#options;
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        await kube.create(events, event, { signal });
        metrics.eventWritten('written');
        this.#isFailing = false;
        return;
      } catch (error) {
        if (signal.aborted) return;
        const link = error instanceof LinkError ? error : null;
        // It got through at the try before, whose answer did not.
        if (link?.status === 409) return metrics.eventWritten('written');
        if (link !== null && isNamespaceGone(link)) return metrics.eventWritten('dropped');
        const canRetry = link === null ? false : ![400, 403, 413, 422].includes(link.status);
        if (!canRetry || tries >= maxTries) return this.#drop('an event could not be written', { err: error });
        const backoffMs = firstBackoffMs * 2 ** tries * random();
        await clock.sleep(Math.max(link?.retryAfterMs ?? 0, backoffMs), signal);
      }
    }
  }

  #drop(message: string, fields: Readonly<Record<string, unknown>>): void {
    const { logger, metrics } = this.#options;
    metrics.eventWritten('dropped');
    if (!this.#isFailing) logger.warn(message, fields);
    this.#isFailing = true;
  }
}

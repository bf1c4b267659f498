/** The caller's body on its way to an upstream: counted, watched for pauses, with backpressure, never collected. */
import { Readable } from 'node:stream';
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { BodyMap } from '../middleware/middleware.ts';

export interface RequestBodyOptions {
  /** 0: no limit. */
  readonly maxBytes: number;
  /** Longest wait for the next piece. */
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  /** Called before the first byte is wanted: the moment to send `100 Continue`. */
  readonly onFirstRead: () => void;
  /** What middleware makes of it. */
  readonly map?: BodyMap | null;
}

/** What is needed of an incoming message, HTTP/1.1 or HTTP/2. */
export type BodySource = Readable & { readonly complete: boolean };

/**
 * A stream of its own, so that undici may destroy it without taking the caller's connection along. Fails with
 * ProxyError `body-too-large`, `body-timeout`, or `caller-left` when the caller stops in the middle.
 */
export class RequestBody extends Readable {
  readonly #source: BodySource;
  readonly #options: RequestBodyOptions;
  #receivedBytes = 0;
  #started = false;
  #ended = false;
  #timer: Timer | null = null;

  constructor(source: BodySource, options: RequestBodyOptions) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
    this.#options = options;
  }

  /** Bytes read from the caller so far. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  /** Whether it is the caller who keeps the upstream waiting. */
  get isWaiting(): boolean {
    return this.#started && !this.#ended && this.readableLength === 0;
  }

  override _read(): void {
    if (this.#started) {
      if (this.#source.isPaused()) this.#source.resume();
      return;
    }
    this.#started = true;
    this.#options.onFirstRead();
    this.#source.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose).on('error', this.#onClose);
    this.#watchForPause();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#timer?.cancel();
    this.#source.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    if (!this.#ended) this.#source.pause();
    callback(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#receivedBytes += chunk.length;
    this.#timer?.cancel();
    const { maxBytes } = this.#options;
    if (maxBytes > 0 && this.#receivedBytes > maxBytes) {
      this.destroy(new ProxyError('body-too-large', `the request body is larger than ${maxBytes} bytes`));
      return;
    }
    const piece = this.#options.map?.piece(chunk) ?? chunk;
    if (piece.length === 0 || this.push(piece)) this.#watchForPause();
    else this.#source.pause();
  };

  readonly #onEnd = (): void => {
    this.#ended = true;
    this.#timer?.cancel();
    const rest = this.#options.map?.end();
    if (rest !== undefined && rest.length > 0) this.push(rest);
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#ended) this.destroy(new ProxyError('caller-left', 'the caller stopped inside the request body'));
  };

  #watchForPause(): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(this.#options.idleTimeoutMs, () => {
      if (this.#ended) return;
      if (this.#source.isPaused()) return this.#watchForPause();
      this.destroy(new ProxyError('body-timeout', 'the request body did not arrive in time'));
    });
  }
}

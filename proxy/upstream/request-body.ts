/** The caller's body on its way to an upstream: counted, watched for pauses, with backpressure, never collected. */
import type { Readable } from 'node:stream';
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { collectPassedOn } from '#shared/memory/collect-passed-on.ts';
import type { HeldBytesOptions } from '#shared/memory/held-bytes.ts';
import type { BodyMap } from '../middleware/middleware.ts';
import { ReplayBody } from './replay-body.ts';
import { UpstreamBody } from './upstream-body.ts';

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
  /** Within which it may be kept, should it have to be sent again. Null: it never is. */
  readonly replay?: HeldBytesOptions | null;
}

/** What is needed of an incoming message, HTTP/1.1 or HTTP/2. */
export type BodySource = Readable & { readonly complete: boolean };

/**
 * A stream of its own, so that undici may destroy it without taking the caller's connection along. Fails with
 * ProxyError `body-too-large`, `body-timeout`, or `caller-left` when the caller stops in the middle.
 */
export class RequestBody extends UpstreamBody {
  readonly #source: BodySource;
  readonly #options: RequestBodyOptions;
  #receivedBytes = 0;
  #started = false;
  #ended = false;
  #timer: Timer | null = null;
  /** Null until it is kept. */
  #replay: ReplayBody | null = null;

  constructor(source: BodySource, options: RequestBodyOptions) {
    super();
    this.#source = source;
    this.#options = options;
  }

  get canReopen(): boolean {
    return this.#receivedBytes === 0 && !this.#ended && this.errored === null;
  }

  override get isWaiting(): boolean {
    return this.#replay?.isWaiting ?? super.isWaiting;
  }

  /** Before anything of it was read. */
  override keep(): UpstreamBody {
    const { replay = null } = this.#options;
    if (replay === null || !this.canReopen) return this;
    this.#replay = new ReplayBody(this, replay);
    return this.#replay.open();
  }

  override forget(): void {
    this.#replay?.forget();
  }

  override close(): void {
    this.#replay?.destroy();
    super.close();
  }

  protected get bytesRead(): number {
    return this.#receivedBytes;
  }

  protected get waitsForCaller(): boolean {
    return this.#started && !this.#ended;
  }

  protected openAgain(): RequestBody {
    return new RequestBody(this.#source, this.#options);
  }

  override _read(): void {
    // One that was opened before may have left it paused.
    if (this.#source.isPaused()) this.#source.resume();
    if (this.#started) return;
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
    collectPassedOn(chunk.length, this.#receivedBytes);
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

/** A body on its way to an upstream, which may have to begin anew on another connection. */
import { Readable } from 'node:stream';

const bufferedBytes = 64 * 1024;

export abstract class UpstreamBody extends Readable {
  #successor: UpstreamBody | null = null;

  constructor() {
    super({ highWaterMark: bufferedBytes });
  }

  /** Bytes that the call has read of it. */
  get receivedBytes(): number {
    return this.#successor?.receivedBytes ?? this.bytesRead;
  }

  /** Whether it is the caller who keeps the upstream waiting. */
  get isWaiting(): boolean {
    return this.#successor?.isWaiting ?? (this.waitsForCaller && this.readableLength === 0);
  }

  /** Whether all of it can still be had from its beginning. */
  abstract get canReopen(): boolean;

  /** Ends this one and begins anew, once; what is asked of this one is answered by the new one. Only while `canReopen`. */
  reopen(): UpstreamBody {
    this.destroy();
    this.#successor = this.openAgain();
    return this.#successor;
  }

  /** What is to be sent in its place so that all of it can be had again; itself where that is so anyway, or cannot be. */
  keep(): UpstreamBody {
    return this;
  }

  /** It will not begin anew after all: nothing is kept for that from now on. */
  forget(): void {
    // Only what `keep` keeps.
  }

  /** The call is over. Not `destroy`, by which a transport gives up this one alone. */
  close(): void {
    this.#successor?.close();
    this.destroy();
  }

  protected abstract get bytesRead(): number;
  protected abstract get waitsForCaller(): boolean;
  protected abstract openAgain(): UpstreamBody;
}

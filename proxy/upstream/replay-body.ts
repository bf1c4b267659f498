/** The body of a call that may be sent more than once: each try reads what the tries before it read, and then the caller. */
import type { HeldBytesOptions } from '#shared/memory/held-bytes.ts';
import { ReplayTape } from './replay-tape.ts';
import type { RequestBody } from './request-body.ts';
import { UpstreamBody } from './upstream-body.ts';

export class ReplayBody {
  readonly #source: RequestBody;
  readonly #tape: ReplayTape;
  #reader: TryBody | null = null;
  #isListening = false;
  #isLastTry = false;
  #failure: Error | null = null;
  #failed: AbortController | null = null;

  constructor(source: RequestBody, limits: HeldBytesOptions) {
    this.#source = source;
    this.#tape = new ReplayTape(limits);
    source.on('error', (error) => {
      this.#failure = error;
      this.#failed?.abort(error);
      this.#reader?.destroy(error);
    });
  }

  /** Whether it can be read from its beginning. */
  get isKept(): boolean {
    return this.#tape.isWhole;
  }

  /** Why there is no more of it to come from the caller: no try mends that. */
  get failure(): Error | null {
    return this.#failure;
  }

  /** Aborted when there is a failure. Made when first asked for: most calls never wait. */
  get failed(): AbortSignal {
    this.#failed ??= new AbortController();
    if (this.#failure !== null) this.#failed.abort(this.#failure);
    return this.#failed.signal;
  }

  /** For one try; the one before reads no more. Only while `isKept`. */
  open(): TryBody {
    this.#reader?.destroy();
    // A failure of the caller may find the try before its first byte: whoever makes the try listens, or nobody needs to.
    this.#reader = new TryBody(this).on('error', () => undefined);
    return this.#reader;
  }

  /** Whether it is the caller who keeps the try waiting. */
  get isWaiting(): boolean {
    return this.#reader?.isWaiting ?? false;
  }

  /** The open try is the last: what comes from the caller is passed on and forgotten, and what is kept once it is sent. */
  forget(): void {
    this.#isLastTry = true;
    if (this.#tape.pieceFrom(this.#reader?.receivedBytes ?? 0) === null) this.#tape.drop();
  }

  /** The call is over. */
  destroy(): void {
    this.#tape.drop();
    this.#reader?.destroy();
    this.#source.destroy();
  }

  /** For the reader: the piece from there on, null when the caller has yet to send it. */
  pieceFrom(offset: number): Buffer | null {
    const kept = this.#tape.pieceFrom(offset);
    if (kept !== null) return kept;
    if (this.#isLastTry) this.#tape.drop();
    this.#listen();
    const piece: unknown = this.#source.read();
    if (!Buffer.isBuffer(piece)) return null;
    this.#tape.append(piece);
    return piece;
  }

  get hasEnded(): boolean {
    return this.#source.readableEnded;
  }

  /** Not before a try wants more than is kept: the first of them makes the caller send. */
  #listen(): void {
    if (this.#isListening) return;
    this.#isListening = true;
    const wake = (): void => this.#reader?.wake();
    this.#source.on('readable', wake).on('end', wake);
  }
}

/** The body as one try sends it. */
export class TryBody extends UpstreamBody {
  readonly #body: ReplayBody;
  #offset = 0;
  #isWaiting = false;

  constructor(body: ReplayBody) {
    super();
    this.#body = body;
  }

  get canReopen(): boolean {
    return this.#body.isKept && this.#body.failure === null;
  }

  protected get bytesRead(): number {
    return this.#offset;
  }

  protected get waitsForCaller(): boolean {
    return this.#isWaiting;
  }

  protected openAgain(): TryBody {
    return this.#body.open();
  }

  /** There is something new. What a try that is over would read is for the next one. */
  wake(): void {
    if (this.#isWaiting && !this.destroyed) this.#pull();
  }

  override _read(): void {
    this.#pull();
  }

  #pull(): void {
    const { failure } = this.#body;
    if (failure !== null) return void this.destroy(failure);
    const piece = this.#body.pieceFrom(this.#offset);
    this.#isWaiting = piece === null && !this.#body.hasEnded;
    if (piece !== null) {
      this.#offset += piece.length;
      this.push(piece);
    } else if (this.#body.hasEnded) this.push(null);
  }
}

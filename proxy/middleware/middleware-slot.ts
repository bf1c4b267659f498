/**
 * The place of one middleware in the pipelines that name it: starting, ready, failed or refused. Whatever it is, no request
 * goes round it.
 */
import type { Clock, Timer } from '#shared/clock/clock.ts';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { configurationType, type MiddlewareEntry, type ReadyMiddleware } from '#shared/table/middleware.ts';
import type { Middleware, MiddlewareRequest, Verdict } from './middleware.ts';
import { restartDelayMs } from './restart-delay.ts';

/** What became of requests that came to a middleware, since the start. */
export interface MiddlewareCounts {
  passed: number;
  answered: number;
  /** It was not usable, or could not decide. */
  refused: number;
}

export interface MiddlewareState {
  readonly name: string;
  readonly type: string;
  readonly state: 'starting' | 'ready' | 'failed' | 'refused';
  /** `''` where nothing is wrong. */
  readonly reason: string;
  readonly counts: Readonly<MiddlewareCounts>;
}

export interface MiddlewareSlotOptions {
  /** Loads and makes it. */
  readonly create: (entry: ReadyMiddleware, signal: AbortSignal) => Promise<Middleware>;
  readonly counts: MiddlewareCounts;
  readonly clock: Clock;
  readonly logger: Logger;
  /** In [0, 1). */
  readonly random: () => number;
}

/** As Dapr waits for a component (spec/policy.md §4). */
const startTimeoutMs = 30_000;

export class MiddlewareSlot {
  readonly entry: MiddlewareEntry;
  readonly #options: MiddlewareSlotOptions;
  #middleware: Middleware | null = null;
  /** The first start on its way; null once it is over. Later ones are not waited for. */
  #firstStart: Promise<void> | null = null;
  #failure = '';
  #failures = 0;
  #attempt: AbortController | null = null;
  #restart: Timer | null = null;
  #holders = 0;
  #isRetired = false;

  constructor(entry: MiddlewareEntry, options: MiddlewareSlotOptions) {
    this.entry = entry;
    this.#options = options;
  }

  /** Begins to start it. What is refused has nothing to start. */
  start(): void {
    const { entry } = this;
    if (entry.state === 'refused') return;
    this.#firstStart = this.#tryToStart(entry).then(() => {
      this.#firstStart = null;
    });
  }

  get state(): MiddlewareState {
    const { entry } = this;
    const { name, type } = entry;
    const { counts } = this.#options;
    if (entry.state === 'refused') {
      return { name, type, state: 'refused', reason: `${entry.reason}: ${entry.message}`, counts };
    }
    if (this.#middleware !== null) return { name, type, state: 'ready', reason: '', counts };
    if (this.#firstStart !== null) return { name, type, state: 'starting', reason: '', counts };
    return { name, type, state: 'failed', reason: this.#failure, counts };
  }

  /** What it says of a request; at once when it is ready and need not wait itself. Throws ProxyError, or rejects with one. */
  decide(request: MiddlewareRequest): Verdict | Promise<Verdict> {
    if (this.#middleware === null) return this.#decideWhenStarted(request);
    let verdict: Verdict | Promise<Verdict>;
    try {
      verdict = this.#middleware.handle(request);
    } catch (error) {
      throw this.#refusal(error);
    }
    if (!(verdict instanceof Promise)) return this.#count(verdict);
    return verdict.then(
      (decided) => this.#count(decided),
      (error: unknown) => {
        throw this.#refusal(error);
      },
    );
  }

  /** A request that waits keeps the middleware that it came to; every `hold` is owed a `letGo`. */
  hold(): void {
    this.#holders += 1;
  }

  letGo(): void {
    this.#holders -= 1;
    this.#closeWhenUnused();
  }

  /** No new requests will come. */
  retire(): void {
    this.#isRetired = true;
    this.#restart?.cancel();
    this.#closeWhenUnused();
  }

  async #decideWhenStarted(request: MiddlewareRequest): Promise<Verdict> {
    if (this.#firstStart !== null) await untilEither(this.#firstStart, request.departure);
    if (this.#middleware !== null) return this.decide(request);
    const { state, reason } = this.state;
    const why = state === 'refused' ? `is refused: ${reason}` : `could not be started: ${reason}`;
    throw this.#refusal(new ProxyError('middleware-unavailable', `${subjectOf(this.entry)} ${why}`));
  }

  /** Never rejects. */
  async #tryToStart(entry: ReadyMiddleware): Promise<void> {
    const { create, clock, logger, random } = this.#options;
    const attempt = new AbortController();
    this.#attempt = attempt;
    const { name, type, revision } = entry;
    const timer = clock.after(startTimeoutMs, () => attempt.abort(new Error('it took longer than 30 seconds')));
    try {
      this.#middleware = await untilAborted(create(entry, attempt.signal), attempt.signal);
      this.#failures = 0;
      logger.info('middleware started', { middleware: name, middlewareType: type, revision });
    } catch (error) {
      this.#failure = error instanceof Error ? error.message : 'unknown error';
      this.#failures += 1;
      if (this.#isRetired) return;
      const retryInMs = Math.round(restartDelayMs(this.#failures, random()));
      const fields = { middleware: name, middlewareType: type, revision, reason: this.#failure, retryInMs };
      logger.warn('middleware could not be started, what it guards is refused', fields);
      this.#restart = clock.after(retryInMs, () => void this.#tryToStart(entry));
    } finally {
      timer.cancel();
      this.#closeWhenUnused();
    }
  }

  #closeWhenUnused(): void {
    if (!this.#isRetired || this.#holders > 0) return;
    this.#attempt?.abort(new Error('it is not wanted any more'));
    this.#middleware?.close();
    this.#middleware = null;
    this.#failure = 'it is closed';
  }

  #count(verdict: Verdict): Verdict {
    const { counts, logger } = this.#options;
    if (verdict === null) {
      counts.passed += 1;
      return null;
    }
    if ('isUndecided' in verdict) counts.refused += 1;
    else counts.answered += 1;
    const { name, type } = this.entry;
    logger.debug('a middleware has answered', { middleware: name, middlewareType: type, status: verdict.status });
    return verdict;
  }

  /** What a request that met this failure is refused with. */
  #refusal(error: unknown): unknown {
    if (error instanceof ProxyError && error.code === 'caller-left') return error;
    this.#options.counts.refused += 1;
    const subject = subjectOf(this.entry);
    if (!(error instanceof ProxyError)) return new Error(`${subject} failed`, { cause: error });
    if (error.code !== 'middleware-failed' || error.message.startsWith('middleware "')) return error;
    return new ProxyError(error.code, `${subject}: ${error.message}`, { cause: error });
  }
}

function subjectOf({ name, type }: MiddlewareEntry): string {
  return type === configurationType ? `${type} "${name}"` : `middleware "${name}" (${type})`;
}

/** One that is made too late is closed. */
function untilAborted(creating: Promise<Middleware>, signal: AbortSignal): Promise<Middleware> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    creating.then((middleware) => {
      if (signal.aborted) middleware.close();
      else resolve(middleware);
    }, reject);
  });
}

/** Rejects with the signal's reason when that comes first. */
function untilEither(event: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(signal.reason);
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    void event.then(() => {
      signal.removeEventListener('abort', leave);
      resolve();
    });
  });
}

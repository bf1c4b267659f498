/** Reads a little of an answer that nobody gets, so that its connection can serve another call; what is longer is cut. */
import type { Dispatcher } from 'undici';
import type { Clock, Timer } from '#shared/clock/clock.ts';

const maxMs = 1_000;

export class AnswerDrain {
  /** Longer answers are not worth their reading. */
  static readonly maxBytes = 64 * 1024;
  readonly #controller: Dispatcher.DispatchController;
  readonly #timer: Timer;
  #bytes = 0;

  constructor(controller: Dispatcher.DispatchController, clock: Clock) {
    this.#controller = controller;
    this.#timer = clock.after(maxMs, () => this.cut());
  }

  take(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > AnswerDrain.maxBytes) this.cut();
  }

  /** The answer has ended, well or not. */
  end(): void {
    this.#timer.cancel();
  }

  cut(): void {
    this.#timer.cancel();
    this.#controller.abort(new Error('the answer is not wanted'));
  }
}

/** Calls through a proxy that go on and on, and what of them did not succeed. */
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { ask } from '../../support/ask.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

export interface SteadyCalls {
  /** What came instead of the answer that is expected. */
  readonly failures: readonly string[];
  /** Resolves when some calls that begin from now on are over. */
  goOn(): Promise<void>;
  /** Resolves when the last is over. */
  stop(): Promise<void>;
}

/** Enough to see a gap, and little for the machine. */
const lanes = 2;
const betweenMs = 5;
const some = 30;

/** Starts them; they end with the test. Each is to be answered 200 and with `expected`. */
export function startSteadyCalls(
  port: number,
  call: { readonly path: string; readonly expected: string },
): SteadyCalls {
  const failures: string[] = [];
  let begun = 0;
  let over = 0;
  let isStopping = false;
  const running = Promise.all(Array.from({ length: lanes }, () => runLane()));
  const stop = async (): Promise<void> => {
    isStopping = true;
    await running;
  };
  onTestFinished(stop);
  return {
    failures,
    goOn: () => {
      const enough = begun + some;
      return waitUntil(() => over >= enough);
    },
    stop,
  };

  async function runLane(): Promise<void> {
    while (!isStopping) {
      begun += 1;
      const given = await ask(port, { path: call.path }).then(
        ({ status, body }) => (status === 200 ? body : `${status} ${body}`),
        (error: unknown) => String(error),
      );
      if (given !== call.expected) failures.push(given);
      over += 1;
      await pause(betweenMs);
    }
  }
}

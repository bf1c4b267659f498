/** Requests to a Service or a pod that go on and on, each over a connection of its own, and what became of them. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';

export interface SteadyRequestsOptions {
  readonly url: string;
  /** How many are under way at once. */
  readonly lanes?: number;
  /** Between two of a lane. */
  readonly pauseMs?: number;
  /** What a good answer says; whatever is left out may be anything. */
  readonly expected?: string;
}

export interface SteadyRequests {
  /** How many are over. */
  readonly count: number;
  /** What came instead of a good answer, with the second when it did. */
  readonly failures: readonly string[];
  /** Resolves with the answers of the next ones that begin from now on. */
  next(many?: number): Promise<readonly string[]>;
  /** Resolves when `answer` has come; rejects after `withinMs`. Returns how long that took. */
  until(answer: string, withinMs: number): Promise<number>;
  /** Resolves when the last is over. */
  stop(): Promise<void>;
}

const timeLimitMs = 15_000;
const pollMs = 20;
const keptAnswers = 10_000;

interface Seen {
  readonly begunMs: number;
  readonly answer: string;
}

/** Starts them. */
export function startSteadyRequests(options: SteadyRequestsOptions): SteadyRequests {
  const { url, lanes = 2, pauseMs = 10, expected = null } = options;
  const startedMs = performance.now();
  const failures: string[] = [];
  const seen: Seen[] = [];
  let count = 0;
  let isStopping = false;
  const running = Promise.all(Array.from({ length: lanes }, () => runLane()));
  return {
    failures,
    get count() {
      return count;
    },
    async next(many = 30) {
      const sinceMs = performance.now();
      const answers = (): readonly string[] =>
        seen.filter(({ begunMs }) => begunMs >= sinceMs).map(({ answer }) => answer);
      while (answers().length < many) await pause(pollMs);
      return answers().slice(0, many);
    },
    async until(answer, withinMs) {
      const sinceMs = performance.now();
      while (!seen.some((one) => one.begunMs >= sinceMs && one.answer === answer)) {
        const tookMs = performance.now() - sinceMs;
        if (tookMs > withinMs) {
          throw new Error(`no answer ${answer} within ${withinMs} ms, the last was ${seen.at(-1)?.answer}`);
        }
        await pause(pollMs);
      }
      return performance.now() - sinceMs;
    },
    async stop() {
      isStopping = true;
      await running;
    },
  };

  async function runLane(): Promise<void> {
    while (!isStopping) {
      const begunMs = performance.now();
      const answer = await answerOf(url);
      count += 1;
      if (seen.push({ begunMs, answer }) > keptAnswers) seen.shift();
      const isGood = expected === null ? !/^\d{3} |^Error/.test(answer) : answer === expected;
      if (!isGood) {
        failures.push(`${seconds(begunMs - startedMs)}–${seconds(performance.now() - startedMs)} s: ${answer}`);
      }
      await pause(pauseMs);
    }
  }
}

/** The body of a 200, `502 body` of another status, `Error: …` of none. */
export async function answerOf(url: string): Promise<string> {
  try {
    const { status, body } = await ask(url);
    return status === 200 ? body : `${status} ${body}`;
  } catch (error) {
    return `Error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function ask(url: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { agent: false, signal: AbortSignal.timeout(timeLimitMs) });
    asking.on('error', reject);
    asking.on('response', (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, body }), reject);
    });
    asking.end();
  });
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

/** Live pipelines whose middleware the test makes, starts and watches. */
import type { ReadyMiddleware } from '#shared/table/middleware.ts';
import { LivePipelines } from '../../proxy/middleware/live-pipelines.ts';
import type { Middleware, MiddlewareRequest, Verdict } from '../../proxy/middleware/middleware.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

/** One middleware that the test makes, started when it says so. */
export interface MadeMiddleware {
  readonly revision: string;
  readonly signal: AbortSignal;
  start(handle?: (request: MiddlewareRequest) => Verdict | Promise<Verdict>): void;
  fail(message: string): void;
  closed: number;
}

export interface PipelineStage {
  readonly live: LivePipelines;
  readonly clock: ManualClock;
  readonly made: MadeMiddleware[];
  readonly lines: LogLine[];
}

/** Nothing is applied yet. */
export function pipelineStage(): PipelineStage {
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const made: MadeMiddleware[] = [];
  const live = new LivePipelines({
    appId: 'orders',
    namespace: 'default',
    clock,
    logger: memoryLogger(lines),
    openPool: () => {
      throw new Error('not used');
    },
    load: async () => (entry, context) => {
      const { promise, resolve, reject } = Promise.withResolvers<Middleware>();
      const one: MadeMiddleware = {
        revision: entry.revision,
        signal: context.signal,
        closed: 0,
        start: (handle = () => null) => resolve({ handle, close: () => void (one.closed += 1) }),
        fail: (message) => reject(new Error(message)),
      };
      made.push(one);
      return promise;
    },
  });
  return { live, clock, made, lines };
}

/** An entry of a table. */
export const readyMiddleware = (name: string, revision = 'r1'): ReadyMiddleware => ({
  state: 'ready',
  name,
  type: 'middleware.http.ratelimit',
  revision,
  settings: [],
  environmentSettings: [],
});

/** Resolves when what a table names is on its way: modules are loaded in turns of their own. */
export async function loaded(): Promise<void> {
  for (let turn = 0; turn < 10; turn += 1) await Promise.resolve();
}

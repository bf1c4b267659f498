/** What a middleware under test stands on: a clock that is held still, a logger that keeps its lines, real connections. */
import { onTestFinished } from 'vitest';
import type { MiddlewareType } from '#shared/table/middleware.ts';
import type { CreateMiddleware, Middleware } from '../../proxy/middleware/middleware.ts';
import { ManualClock } from './manual-clock.ts';
import { type LogLine, memoryLogger } from './memory-logger.ts';
import { openTestPool } from './open-test-pool.ts';
import { settingsOf } from './settings-of.ts';

export class MiddlewareStage {
  readonly clock: ManualClock;
  readonly lines: LogLine[] = [];

  constructor(clock = new ManualClock()) {
    this.clock = clock;
  }

  /** Starts one named `guard`; it is closed with the test. */
  async start(
    create: CreateMiddleware,
    { type, settings }: { readonly type: MiddlewareType; readonly settings: Readonly<Record<string, string>> },
  ): Promise<Middleware> {
    const middleware = await create(
      { state: 'ready', name: 'guard', type, revision: '1', environmentSettings: [], settings: settingsOf(settings) },
      {
        appId: 'orders',
        namespace: 'shop',
        clock: this.clock,
        logger: memoryLogger(this.lines),
        openPool: openTestPool,
        signal: new AbortController().signal,
      },
    );
    onTestFinished(() => middleware.close());
    return middleware;
  }
}

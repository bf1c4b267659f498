/**
 * The live side of a table's pipelines. A new table is one assignment: a middleware that did not change keeps its instance and
 * its state, one that is gone is closed when the last request that came to it is through.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { MiddlewareEntry, Pipelines, ReadyMiddleware } from '#shared/table/middleware.ts';
import type { OpenPool } from './http/http-client.ts';
import { loadMiddleware } from './load-middleware.ts';
import type { CreateMiddleware, Middleware } from './middleware.ts';
import { MiddlewareSlot, type MiddlewareCounts, type MiddlewareState } from './middleware-slot.ts';
import { Pipeline } from './pipeline.ts';

export interface LivePipelinesOptions {
  readonly appId: string;
  readonly namespace: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly openPool: OpenPool;
  /** What makes one of a type. */
  readonly load?: (type: ReadyMiddleware['type']) => Promise<CreateMiddleware>;
}

type SlotMap = Map<string, MiddlewareSlot>;

export class LivePipelines {
  readonly #options: LivePipelinesOptions;
  #slotByKey: SlotMap = new Map();
  #countsByName = new Map<string, MiddlewareCounts>();
  #http: Pipeline | null = null;
  #app: Pipeline | null = null;

  constructor(options: LivePipelinesOptions) {
    this.#options = options;
  }

  /** Null while it is empty. */
  get http(): Pipeline | null {
    return this.#http;
  }

  /** Null while it is empty. */
  get app(): Pipeline | null {
    return this.#app;
  }

  /** Each middleware once, in the order of the pipelines. */
  get states(): readonly MiddlewareState[] {
    return [...this.#slotByKey.values()].map((slot) => slot.state);
  }

  apply({ http, app }: Pipelines): void {
    const before = this.#slotByKey;
    const after: SlotMap = new Map();
    const countsByName = new Map<string, MiddlewareCounts>();
    const slotOf = (entry: MiddlewareEntry): MiddlewareSlot => {
      const key = keyOf(entry);
      const slot = after.get(key) ?? before.get(key) ?? this.#startedSlot(entry);
      after.set(key, slot);
      countsByName.set(nameOf(entry), this.#countsOf(entry));
      return slot;
    };
    this.#http = pipelineOf(http.map(slotOf));
    this.#app = pipelineOf(app.map(slotOf));
    this.#slotByKey = after;
    this.#countsByName = countsByName;
    for (const [key, slot] of before) if (!after.has(key)) slot.retire();
  }

  /** No requests will come any more; one that does is refused. */
  close(): void {
    for (const slot of this.#slotByKey.values()) slot.retire();
  }

  #startedSlot(entry: MiddlewareEntry): MiddlewareSlot {
    const { clock, logger } = this.#options;
    const create = (ready: ReadyMiddleware, signal: AbortSignal): Promise<Middleware> => this.#create(ready, signal);
    const counts = this.#countsOf(entry);
    const slot = new MiddlewareSlot(entry, { create, counts, clock, logger, random: Math.random });
    slot.start();
    return slot;
  }

  /** They go on over every change of a middleware that keeps its name. */
  #countsOf(entry: MiddlewareEntry): MiddlewareCounts {
    const name = nameOf(entry);
    const counts = this.#countsByName.get(name) ?? { passed: 0, answered: 0, refused: 0 };
    this.#countsByName.set(name, counts);
    return counts;
  }

  async #create(entry: ReadyMiddleware, signal: AbortSignal): Promise<Middleware> {
    const { load = loadMiddleware, logger, ...context } = this.#options;
    const create = await load(entry.type);
    return create(entry, {
      ...context,
      logger: logger.child({ middleware: entry.name, middlewareType: entry.type }),
      signal,
    });
  }
}

function pipelineOf(slots: readonly MiddlewareSlot[]): Pipeline | null {
  return slots.length === 0 ? null : new Pipeline(slots);
}

function keyOf(entry: MiddlewareEntry): string {
  return JSON.stringify([entry.state, entry.name, entry.type, entry.revision]);
}

function nameOf(entry: MiddlewareEntry): string {
  return JSON.stringify([entry.name, entry.type]);
}

/** A list-watch of HTTPEndpoints, an API server in memory, and a clock that stands still. */
import { setImmediate as turn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import type { LinkError } from '#shared/errors/link-error.ts';
import { createListWatch, type ObservedListWatch } from '../../operator/kube/create-list-watch.ts';
import type { ListWatchMetrics } from '../../operator/kube/list-watch-metrics.ts';
import { httpEndpoints } from '../../operator/kube/resource-types.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';
import { ScriptedObjectSource } from './scripted-object-source.ts';

export interface ListWatchTestSite {
  readonly source: ScriptedObjectSource;
  readonly clock: ManualClock;
  readonly watch: ObservedListWatch;
  /** `+name@version` and `-name`, `=` for a complete list; all of them. */
  readonly told: string[];
  /** Ends of watches and reasons of lists. */
  readonly counted: string[];
  readonly lines: LogLine[];
  readonly outcome: () => LinkError | 'running' | 'ended';
  stop(): void;
}

const stepMs = 500;

/** Everything that can happen without time passing has happened. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 10; i += 1) await turn();
}

/** Starts one; it ends with the test. */
export async function listWatchSite(
  prepare: (source: ScriptedObjectSource) => void = () => undefined,
  random = 0.5,
): Promise<ListWatchTestSite> {
  const source = new ScriptedObjectSource();
  prepare(source);
  const clock = new ManualClock();
  const told: string[] = [];
  const counted: string[] = [];
  const lines: LogLine[] = [];
  const metrics: ListWatchMetrics = {
    watchEnded: (_, end) => counted.push(`watch ${end}`),
    listed: (_, reason) => counted.push(`list ${reason}`),
    listFailed: () => counted.push('list failed'),
  };
  const watch = createListWatch(
    {
      type: httpEndpoints,
      namespace: '',
      labelSelector: '',
      isMetadataOnly: false,
      onChange: ({ kind, object: { metadata } }) =>
        told.push(kind === 'upsert' ? `+${metadata.name}@${metadata.resourceVersion}` : `-${metadata.name}`),
      onSynced: () => told.push('='),
    },
    { source, clock, logger: memoryLogger(lines), metrics, random: () => random },
  );
  const ending = new AbortController();
  let outcome: LinkError | 'running' | 'ended' = 'running';
  const running = watch.run(ending.signal).then(
    () => (outcome = 'ended'),
    (error: LinkError) => (outcome = error),
  );
  onTestFinished(async () => {
    ending.abort();
    await running;
  });
  await settled();
  return { source, clock, watch, told, counted, lines, outcome: () => outcome, stop: () => ending.abort() };
}

/** In steps, so that what begins on the way has its time as well. */
export async function advance({ clock }: ListWatchTestSite, ms: number): Promise<void> {
  for (let restMs = ms; restMs > 0; restMs -= stepMs) {
    clock.advance(Math.min(restMs, stepMs));
    await settled();
  }
}

/** The Resiliency families over the real book and real breakers: each change is compared with the text of a scrape. */
import { expect, test, vi } from 'vitest';
import type { BreakerState } from '../../../proxy/telemetry/telemetry.ts';
import { parseExposition, valueOf, type Family } from '../../support/exposition.ts';
import {
  cb,
  resilienceFrom,
  setResilienceStage,
  t2,
  twice,
  type ResilienceStage,
} from '../../support/resilience-stage.ts';
import { github, tableWith } from '../../support/telemetry-records.ts';

const states = ['closed', 'half-open', 'open', 'unknown'] as const;
type Shown = (typeof states)[number];

const ofPolicy = { name: 'r', namespace: 'prod', flow_direction: 'outbound' };
const ofBreaker = { ...ofPolicy, policy: 'circuitbreaker', target: 'app_github' };

async function scrape({ metrics }: ResilienceStage): Promise<ReadonlyMap<string, Family>> {
  return parseExposition((await metrics.render()).body);
}

/** The state whose series is 1; throws unless exactly the four series are there. */
async function shownState(stage: ResilienceStage, target: string): Promise<Shown> {
  const families = await scrape(stage);
  const values = states.map((status) =>
    valueOf(families, 'dapr_resiliency_cb_state', { ...ofBreaker, target, status }),
  );
  expect(values.toSorted((a, b) => a - b)).toEqual([0, 0, 0, 1]);
  return states[values.indexOf(1)] ?? 'unknown';
}

function activations(families: ReadonlyMap<string, Family>): Readonly<Record<string, number>> {
  const samples = families.get('dapr_resiliency_activations_total')?.samples ?? [];
  return Object.fromEntries(samples.map(({ labels, value }) => [labels['status'] ?? '', value]));
}

test('the gauge shows the live state after every transition, and each one is an activation', async () => {
  const stage = setResilienceStage();
  const { call, admit } = stage;
  await stage.apply({ github: { breaker: { ...cb, maxRequests: 2, trip: 'totalFailures >= 2', intervalMs: 60_000 } } });
  expect((await scrape(stage)).get('dapr_resiliency_cb_state')?.samples).toEqual([]);
  const history: readonly [string, () => void, BreakerState][] = [
    ['the first call', () => void call('endpoint', 'github'), 'closed'],
    ['a success', () => admit('endpoint', 'github').succeeded(), 'closed'],
    ['a failure', () => admit('endpoint', 'github').failed(), 'closed'],
    ['a caller who leaves', () => admit('endpoint', 'github').ignored(), 'closed'],
    ['the end of an interval', () => void vi.advanceTimersByTime(60_001), 'closed'],
    ['a failure after it', () => admit('endpoint', 'github').failed(), 'closed'],
    ['closed to open', () => admit('endpoint', 'github').failed(), 'open'],
    ['almost the end of it', () => void vi.advanceTimersByTime(9_999), 'open'],
    ['open to half-open, with no call', () => void vi.advanceTimersByTime(1), 'half-open'],
    ['a probe', () => admit('endpoint', 'github').succeeded(), 'half-open'],
    ['half-open to open', () => admit('endpoint', 'github').failed(), 'open'],
    ['open to half-open', () => void vi.advanceTimersByTime(10_000), 'half-open'],
    ['a probe again', () => admit('endpoint', 'github').succeeded(), 'half-open'],
    ['half-open to closed', () => admit('endpoint', 'github').succeeded(), 'closed'],
  ];
  for (const [what, happen, state] of history) {
    happen();
    expect(await shownState(stage, 'app_github'), what).toBe(state);
  }
  expect(activations(await scrape(stage))).toEqual({ open: 2, 'half-open': 2, closed: 1 });
});

test('a breaker that a table takes away is shown no more, and one that it changes is shown closed', async () => {
  const stage = setResilienceStage();
  await stage.apply({ github: { breaker: cb } });
  stage.admit('endpoint', 'github').failed();
  expect(await shownState(stage, 'app_github')).toBe('open');
  await stage.apply({ github: { breaker: { ...cb, maxRequests: 3 } } });
  expect((await scrape(stage)).get('dapr_resiliency_cb_state')?.samples).toEqual([]);
  stage.call('endpoint', 'github');
  expect(await shownState(stage, 'app_github')).toBe('closed');
  await stage.apply({});
  expect((await scrape(stage)).get('dapr_resiliency_cb_state')?.samples).toEqual([]);
});

test('calls are counted for each part that holds, with the breaker as it is, under the resource that defines it', async () => {
  const stage = setResilienceStage();
  await stage.apply({ github: { breaker: cb, timeout: { ...t2, resource: '' }, retry: twice } });
  stage.call('endpoint', 'github');
  stage.admit('endpoint', 'github').failed();
  stage.call('endpoint', 'github');
  const families = await scrape(stage);
  const count = (labels: Readonly<Record<string, string>>): number =>
    valueOf(families, 'dapr_resiliency_count', { ...ofPolicy, target: 'app_github', ...labels });
  expect(count({ policy: 'retry', status: '' })).toBe(3);
  expect(count({ policy: 'timeout', status: '', name: '', namespace: '' })).toBe(3);
  expect(count({ policy: 'circuitbreaker', status: 'closed' })).toBe(2);
  expect(count({ policy: 'circuitbreaker', status: 'open' })).toBe(1);
});

test('the resources in force are listed, retries and those forgone are counted', async () => {
  const stage = setResilienceStage();
  const { metrics } = stage;
  await stage.apply({ github: { retry: twice } });
  metrics.retried(github);
  metrics.retried(github);
  metrics.retryForgone(github, 'budget');
  metrics.policyActivated({ target: github, part: 'retry', policy: twice, status: '' });
  const families = await scrape(stage);
  expect(valueOf(families, 'dapr_resiliency_loaded', { name: 'r', namespace: 'prod' })).toBe(1);
  expect(valueOf(families, 'dapr_resiliency_retries_total', { target: 'app_github' })).toBe(2);
  const forgone = { target: 'app_github', reason: 'budget' };
  expect(valueOf(families, 'dapr_resiliency_retries_forgone_total', forgone)).toBe(1);
  const activation = { ...ofPolicy, policy: 'retry', target: 'app_github', status: '' };
  expect(valueOf(families, 'dapr_resiliency_activations_total', activation)).toBe(1);
  await stage.apply({});
  expect((await scrape(stage)).get('dapr_resiliency_loaded')?.samples).toHaveLength(1);
  metrics.tableApplied(tableWith());
  expect((await scrape(stage)).get('dapr_resiliency_loaded')?.samples).toEqual([]);
});

test('the gauge goes on over a change of the metrics options, under which the counters begin again', async () => {
  const stage = setResilienceStage();
  await stage.apply({ github: { breaker: cb } });
  stage.admit('endpoint', 'github').failed();
  const table = tableWith({ metrics: { excludeVerbs: true }, resilience: resilienceFrom({ github: { breaker: cb } }) });
  stage.metrics.tableApplied(table);
  expect(await shownState(stage, 'app_github')).toBe('open');
  expect(activations(await scrape(stage))).toEqual({});
});

test('callers cannot grow the families: beyond 50 origins all are one, whose state is unknown', async () => {
  const stage = setResilienceStage();
  const { metrics } = stage;
  await stage.apply({ default: { breaker: cb, retry: twice } });
  for (let index = 0; index < 1_500; index += 1) {
    const label = `https://host-${index}`;
    stage.admit('url', label, `${label}/${index}`).failed();
    metrics.retried({ kind: 'url', label });
    metrics.retryForgone({ kind: 'url', label }, 'budget');
  }
  const families = await scrape(stage);
  for (const name of ['dapr_resiliency_retries_total', 'dapr_resiliency_retries_forgone_total']) {
    expect(families.get(name)?.samples, name).toHaveLength(51);
  }
  expect(families.get('dapr_resiliency_activations_total')?.samples).toHaveLength(51);
  expect(families.get('dapr_resiliency_count')?.samples).toHaveLength(102);
  expect(await shownState(stage, 'other')).toBe('unknown');
  stage.call('endpoint', 'github');
  expect(await shownState(stage, 'app_github')).toBe('closed');
});

/** The conditions of what options are made of, and how they are told: by a status, or by Events where the kind has none. */
import { afterEach, describe, expect, test } from 'vitest';
import { components, resiliencies } from '../../../../operator/kube/resource-types.ts';
import type { NewObject } from '../../../../operator/kube/kube-client.ts';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import { optionCondition } from '../../../../operator/status/option-condition.ts';
import type { OptionFinding, OptionReport } from '../../../../operator/status/option-report.ts';
import { OptionStatus } from '../../../../operator/status/option-status.ts';
import { StatusWriter } from '../../../../operator/status/status-writer.ts';
import { kubeObject } from '../../../support/kube-objects.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger } from '../../../support/memory-logger.ts';

const error: OptionFinding = { reason: 'PolicyUnknown', message: 'there is no policy x', severity: 'error' };
const warning: OptionFinding = { reason: 'NoEffect', message: 'y has no effect', severity: 'warning' };

function report(different: Partial<OptionReport> = {}): OptionReport {
  const { kind = 'Resiliency' } = different;
  return {
    kind,
    namespace: 'default',
    name: 'a',
    uid: 'uid-default-a',
    generation: 1,
    findings: [],
    isPartlyUsed: kind === 'Resiliency',
    ...different,
  };
}

test.each([
  ['nothing is wrong', report(), 'True Accepted: the resource is valid'],
  ['something is doubtful', report({ findings: [warning] }), 'True AcceptedWithWarnings: y has no effect'],
  [
    'a part is wrong, and said first',
    report({ findings: [warning, error] }),
    'True PartiallyInvalid: there is no policy x; y has no effect',
  ],
  [
    'it is wrong as a whole',
    report({ findings: [warning, error], isPartlyUsed: false }),
    'False PolicyUnknown: there is no policy x; y has no effect',
  ],
])('the condition when %s', (_, given, expected) => {
  const { status, reason, message } = optionCondition(given);
  expect(`${status} ${reason}: ${message}`).toBe(expected);
});

const stopped: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const stop of stopped.splice(0)) await stop();
});

interface Stage {
  readonly applied: readonly NewObject[];
  readonly told: readonly string[];
  put(given: OptionReport): Promise<void>;
}

/** A leader for one kind, whose objects are there from the beginning of time. */
async function startStage(kind: 'Resiliency' | 'Component'): Promise<Stage> {
  const clock = new ManualClock();
  const applied: NewObject[] = [];
  const told: string[] = [];
  const reportsByKey = new Map<string, OptionReport>();
  const objectsByKey = new Map<string, KubeObject>();
  const listeners = new Set<(key: string) => void>();
  const objectOf = (key: string): KubeObject | undefined => objectsByKey.get(key);
  const status = new OptionStatus({
    type: kind === 'Resiliency' ? resiliencies : components,
    kind,
    keepsStatus: kind === 'Resiliency',
    objects: {
      keys: () => objectsByKey.keys(),
      get: (key) => {
        const object = objectOf(key);
        if (object === undefined) return null;
        return { object, uid: object.metadata.uid, generation: object.metadata.generation ?? 0 };
      },
      onSeen: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
    reports: { optionReportFor: (_, key) => reportsByKey.get(key) ?? null, onOptionReports: () => () => undefined },
  });
  const writer = new StatusWriter({
    kube: {
      apply: async (_, object) => {
        applied.push(object);
        const present = objectOf('default/a') ?? kubeObject('a');
        const written = { ...present, status: object['status'] };
        objectsByKey.set('default/a', written);
        return written;
      },
      create: async (_, event) => {
        const { kind: regarded } = event['regarding'] as { readonly kind: string };
        told.push(`${String(event['type'])} ${regarded} ${String(event['reason'])}: ${String(event['note'])}`);
        return kubeObject('event');
      },
      resourceNames: async () => new Set(['resiliencies', 'resiliencies/status']),
    },
    kinds: [status],
    instance: 'operator-1',
    clock,
    logger: memoryLogger([]),
    random: () => 1,
  });
  const ended = new AbortController();
  const running = writer.run(ended.signal);
  stopped.push(async () => {
    ended.abort();
    await running;
  });
  writer.setLeading(true);
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
    clock.advance(1_000);
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate);
  };
  await settle();
  return {
    applied,
    told,
    async put(given) {
      const { generation } = given;
      const former = objectOf('default/a')?.['status'];
      objectsByKey.set(
        'default/a',
        kubeObject('a', { generation, resourceVersion: `${generation}` }, { status: former }),
      );
      reportsByKey.set('default/a', given);
      for (const listener of listeners) listener('default/a');
      await settle();
    },
  };
}

describe('a Resiliency', () => {
  test('gets a status with the one condition, of the generation that it speaks of, and without a count of proxies', async () => {
    const stage = await startStage('Resiliency');
    await stage.put(report({ generation: 3, findings: [error] }));
    expect(stage.applied).toMatchObject([
      {
        apiVersion: 'dapr.io/v1alpha1',
        kind: 'Resiliency',
        metadata: { name: 'a', namespace: 'default', resourceVersion: '3' },
        status: {
          observedGeneration: 3,
          conditions: [{ type: 'Accepted', status: 'True', reason: 'PartiallyInvalid', observedGeneration: 3 }],
        },
      },
    ]);
    expect(stage.applied[0]?.['status']).not.toHaveProperty('proxies');
    expect(stage.told).toEqual(['Warning Resiliency PartiallyInvalid: Accepted is True: there is no policy x']);
    await stage.put(report({ generation: 3, findings: [error] }));
    expect(stage.applied).toHaveLength(1);
  });

  test('whose report is of an older generation gets none', async () => {
    const stage = await startStage('Resiliency');
    await stage.put(report({ uid: 'another' }));
    expect(stage.applied).toEqual([]);
  });
});

describe('a Component', () => {
  test('gets an Event for each thing that is new to say, and no status', async () => {
    const stage = await startStage('Component');
    const broken = (message: string): readonly OptionFinding[] => [{ ...error, message }];
    await stage.put(report({ kind: 'Component', findings: broken('one') }));
    await stage.put(report({ kind: 'Component', generation: 2, findings: broken('one') }));
    await stage.put(report({ kind: 'Component', generation: 3, findings: broken('two') }));
    await stage.put(report({ kind: 'Component', generation: 4 }));
    expect(stage.applied).toEqual([]);
    expect(stage.told).toEqual([
      'Warning Component PolicyUnknown: Accepted is False: one',
      'Warning Component PolicyUnknown: Accepted is False: two',
      'Normal Component Accepted: Accepted is True: the resource is valid',
    ]);
  });
});

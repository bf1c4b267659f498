import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Finding } from '#shared/compile/finding.ts';
import { presentStatusOf } from '../../../operator/status/condition.ts';
import { conditionsFor, proxiesFor } from '../../../operator/status/conditions-for.ts';
import { linkError } from '../../support/link-error.ts';
import { StatusStage } from '../../support/status-stage.ts';

const broken: Finding = { reason: 'SecretNotFound', message: 'gone', severity: 'error', origin: 'reference' };

type Step =
  | { readonly kind: 'put'; readonly name: string; readonly isBroken: boolean }
  | { readonly kind: 'anew' | 'remove' | 'overwrite'; readonly name: string }
  | { readonly kind: 'count'; readonly name: string; readonly programmed: number; readonly more: number }
  | { readonly kind: 'app'; readonly name: string; readonly isThere: boolean }
  | { readonly kind: 'fail'; readonly status: number }
  | { readonly kind: 'lead'; readonly isLeading: boolean }
  | { readonly kind: 'pass'; readonly ms: number };

const names = fc.constantFrom('a', 'b', 'c');

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('put' as const), name: names, isBroken: fc.boolean() }) },
    fc.record({ kind: fc.constantFrom('anew' as const, 'remove' as const, 'overwrite' as const), name: names }),
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('count' as const),
        name: names,
        programmed: fc.nat(2),
        more: fc.nat(1),
      }),
    },
    fc.record({ kind: fc.constant('app' as const), name: names, isThere: fc.boolean() }),
    fc.record({ kind: fc.constant('fail' as const), status: fc.constantFrom(0, 200, 403, 409, 429, 500) }),
    fc.record({ kind: fc.constant('lead' as const), isLeading: fc.boolean() }),
    { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(50, 300, 2_000) }) },
  ),
  { maxLength: 40 },
);

async function take(stage: StatusStage, step: Step): Promise<void> {
  switch (step.kind) {
    case 'put': {
      const generation = (stage.reportsByKey.get(`default/${step.name}`)?.generation ?? 0) + 1;
      const { uid } = stage.objectsByKey.get(`default/${step.name}`)?.metadata ?? {};
      const referenceFindings = step.isBroken ? [broken] : [];
      return stage.put(step.name, { generation, referenceFindings, ...(uid === undefined ? {} : { uid }) });
    }
    case 'anew':
      stage.remove(step.name);
      return stage.put(step.name, { uid: `uid-${stage.applied.length}-${stage.events.length}` });
    case 'remove':
      return stage.remove(step.name);
    case 'overwrite':
      if (stage.objectsByKey.has(`default/${step.name}`)) stage.overwrite(step.name, { proxies: '9/9' });
      return;
    case 'count':
      return stage.count(step.name, step.programmed, step.programmed + step.more);
    case 'app':
      return stage.setApp(`default/${step.name}`, step.isThere);
    case 'fail':
      stage.onApply = () => {
        if (step.status >= 300 || step.status === 0) throw linkError(step.status);
      };
      return;
    case 'lead':
      return stage.writer.setLeading(step.isLeading);
    case 'pass':
      return stage.advance(step.ms);
  }
}

function wanted(stage: StatusStage, key: string): unknown {
  const report = stage.reportsByKey.get(key);
  if (report === undefined) return null;
  const count = stage.countsByKey.get(key) ?? { entitled: 0, programmed: 0 };
  const conditions = conditionsFor({ report, count, isAppId: stage.apps.has(key) });
  const { generation: observedGeneration } = report;
  return {
    observedGeneration,
    proxies: proxiesFor(count),
    conditions: conditions.map((condition) => ({ ...condition, observedGeneration })),
  };
}

test('whatever happens, every status says in the end what is so, and nothing is written any more', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const stage = new StatusStage();
      await stage.lead();
      for (const step of taken) await take(stage, step);
      stage.onApply = () => undefined;
      await stage.lead();
      await stage.advance(90_000);
      for (const [key, object] of stage.objectsByKey) {
        const { conditions, ...present } = presentStatusOf(object);
        const withoutTimes = conditions.map(({ lastTransitionTime: _time, ...condition }) => condition);
        expect({ ...present, conditions: withoutTimes }).toEqual(wanted(stage, key));
      }
      const writes = stage.applied.length;
      await stage.advance(10_000);
      expect(stage.applied).toHaveLength(writes);
      await stage.stop();
    }),
    { numRuns: 60 },
  );
}, 60_000);

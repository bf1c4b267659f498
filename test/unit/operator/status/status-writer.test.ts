import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkError } from '../../../support/link-error.ts';
import { StatusStage } from '../../../support/status-stage.ts';

let stage: StatusStage;

beforeEach(() => {
  stage = new StatusStage();
});

afterEach(() => stage.stop());

const allTrue = 'Accepted=True ResolvedRefs=True Programmed=True 1/1';

/** An endpoint whose status is written and true. */
async function settled(name = 'a'): Promise<void> {
  stage.put(name);
  stage.count(name, 1, 1);
  await stage.lead();
  await stage.advance(300);
  expect(stage.shown(name)).toBe(allTrue);
  stage.applied.length = 0;
  stage.events.length = 0;
}

describe('a leader', () => {
  test('writes the status of what is there, and of what comes', async () => {
    stage.put('a');
    await stage.lead();
    expect(stage.shown('a')).toBe('Accepted=True ResolvedRefs=True Programmed=False 0/0');
    stage.put('b');
    await stage.advance(300);
    expect(stage.shown('b')).toBe('Accepted=True ResolvedRefs=True Programmed=False 0/0');
  });

  test('writes by server-side apply to exactly this object', async () => {
    await settled();
    stage.put('a', { generation: 2 });
    await stage.advance(300);
    expect(stage.applied).toMatchObject([
      {
        apiVersion: 'dapr.io/v1alpha1',
        kind: 'HTTPEndpoint',
        metadata: { name: 'a', namespace: 'default', resourceVersion: expect.stringMatching(/^\d+$/) as string },
        status: { observedGeneration: 2, proxies: '1/1' },
      },
    ]);
  });

  test('writes nothing when nothing differs', async () => {
    await settled();
    stage.count('a', 1, 1);
    stage.put('a');
    await stage.advance(60_000);
    expect(stage.applied).toEqual([]);
  });

  test('says a change and its acknowledgement in one write', async () => {
    await settled();
    stage.count('a', 0, 1);
    stage.put('a', { generation: 2 });
    await stage.advance(100);
    stage.count('a', 1, 1);
    await stage.advance(1_000);
    expect(stage.applied).toHaveLength(1);
    expect(stage.shown('a')).toBe(allTrue);
  });

  test('waits for the report of the present generation', async () => {
    await settled();
    const report = stage.reportsByKey.get('default/a');
    stage.put('a', { generation: 2 });
    if (report !== undefined) stage.reportsByKey.set('default/a', report);
    await stage.advance(1_000);
    expect(stage.applied).toEqual([]);
  });

  test('does not write of a proxy that is gone and back within seconds', async () => {
    await settled();
    await stage.advance(20_000);
    stage.count('a', 0, 0);
    await stage.advance(2_000);
    stage.count('a', 0, 1);
    await stage.advance(1_000);
    stage.count('a', 1, 1);
    await stage.advance(60_000);
    expect(stage.applied).toEqual([]);
  });

  test('writes of proxies that stay away, though their number goes on changing', async () => {
    await settled();
    await stage.advance(20_000);
    for (let second = 0; second < 6; second += 1) {
      stage.count('a', 1, 2 + second);
      await stage.advance(1_000);
    }
    expect(stage.applied).toHaveLength(1);
    expect(stage.shown('a')).toContain('Programmed=False');
  });

  test('sums over the replicas, and waits a while for what they count', async () => {
    stage.arePeersKnown = false;
    stage.put('a');
    stage.count('a', 1, 1);
    await stage.lead();
    await stage.advance(1_000);
    expect(stage.applied).toEqual([]);
    stage.peerCountsByKey.set('default/a', { entitled: 4, programmed: 2 });
    stage.arePeersKnown = true;
    await stage.advance(500);
    expect(stage.shown('a')).toContain('3/5');
  });

  test('does not wait for ever for a replica that does not answer', async () => {
    stage.arePeersKnown = false;
    stage.put('a');
    await stage.lead();
    await stage.advance(6_000);
    expect(stage.shown('a')).toContain('Accepted=True');
  });

  test('tells of an app with the name of an endpoint while there is one', async () => {
    await settled();
    stage.setApp('default/a', true);
    await stage.advance(100);
    expect(stage.shown('a')).toContain('Conflicted=True');
    stage.setApp('default/a', false);
    stage.setApp('default/unknown', true);
    await stage.advance(100);
    expect(stage.shown('a')).toBe(allTrue);
  });

  test('mends what somebody else writes over it', async () => {
    await settled();
    stage.overwrite('a', { proxies: '9/9' });
    await stage.advance(100);
    expect(stage.shown('a')).toBe(allTrue);
  });

  test('does not fight over what somebody else holds on to', async () => {
    await settled();
    const held = { type: 'Conflicted', status: 'True', reason: 'Mine', message: '', lastTransitionTime: 'x' };
    stage.onApply = (object) => {
      const status = object['status'] as { readonly conditions: readonly unknown[] };
      Object.assign(object, { status: { ...status, conditions: [...status.conditions, held] } });
    };
    stage.overwrite('a', { proxies: '9/9' });
    await stage.advance(60_000);
    expect(stage.applied).toHaveLength(1);
    expect(stage.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
  });

  test('writes at most 50 at once and 20 a second', async () => {
    for (let index = 0; index < 200; index += 1) stage.put(`e${index}`);
    await stage.lead();
    expect(stage.applied.length).toBeLessThanOrEqual(50);
    await stage.advance(2_000);
    expect(stage.applied.length).toBeGreaterThan(80);
    expect(stage.applied.length).toBeLessThanOrEqual(90);
    await stage.advance(10_000);
    expect(stage.applied).toHaveLength(200);
  });

  test('writes the newest when it changes while it waits', async () => {
    for (let index = 0; index < 60; index += 1) stage.put(`e${index}`);
    await stage.lead();
    stage.put('e59', { generation: 2 });
    stage.put('e59', { generation: 3 });
    await stage.advance(5_000);
    const writes = stage.applied.filter(({ metadata }) => metadata.name === 'e59');
    expect(writes).toMatchObject([{ status: { observedGeneration: 3 } }]);
  });

  test('believes its own write before the watch shows it', async () => {
    stage.doesWatch = false;
    stage.put('a');
    await stage.lead();
    await stage.advance(2_000);
    expect(stage.applied).toHaveLength(1);
  });
});

describe('leadership', () => {
  test('is needed to write', async () => {
    stage.put('a');
    await stage.lead();
    stage.writer.setLeading(false);
    stage.put('b');
    await stage.advance(1_000);
    expect(stage.shown('b')).toBe('');
    await stage.lead();
    expect(stage.shown('b')).toContain('Accepted=True');
  });

  test('may begin before the writer runs', async () => {
    stage.put('a');
    stage.writer.setLeading(true);
    await stage.lead();
    expect(stage.shown('a')).toContain('Accepted=True');
  });

  test('gives up what is being written when it ends', async () => {
    let isAborted = false;
    stage.onApply = (_object, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
          reject(linkError(0));
        });
      });
    stage.put('a');
    await stage.lead();
    stage.writer.setLeading(false);
    await stage.settle();
    expect(isAborted).toBe(true);
    expect(stage.metrics).not.toContain('failed');
  });

  test('lasts through a restart of all proxies: what the leader before wrote is kept for a while', async () => {
    stage.put('a');
    stage.count('a', 1, 1);
    await stage.lead();
    await stage.advance(300);
    stage.writer.setLeading(false);
    stage.count('a', 0, 0);
    stage.applied.length = 0;
    await stage.lead();
    await stage.advance(10_000);
    stage.count('a', 1, 1);
    await stage.advance(20_000);
    expect(stage.applied).toEqual([]);
  });
});

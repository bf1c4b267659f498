import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { linkError } from '../../../support/link-error.ts';
import { StatusStage } from '../../../support/status-stage.ts';

let stage: StatusStage;

beforeEach(() => {
  stage = new StatusStage();
});

afterEach(() => stage.stop());

describe('a write that fails', () => {
  test('is tried again, ever more seldom, and said once', async () => {
    const triesMs: number[] = [];
    stage.onApply = () => {
      triesMs.push(stage.clock.monotonicMs());
      throw linkError(403);
    };
    stage.put('a');
    await stage.lead();
    await stage.advance(16_000);
    expect(triesMs).toEqual([0, 1_000, 3_000, 7_000, 15_000]);
    expect(stage.lines.filter(({ level }) => level === 'warn')).toHaveLength(1);
    stage.onApply = () => undefined;
    await stage.advance(17_000);
    expect(stage.shown('a')).toContain('Accepted=True');
  });

  test('holds up all others while the API server asks for a pause', async () => {
    stage.onApply = () => {
      throw linkError(429, 3_000);
    };
    for (let index = 0; index < 20; index += 1) stage.put(`e${index}`);
    await stage.lead();
    stage.onApply = () => undefined;
    const tries = stage.applied.length;
    expect(tries).toBeLessThanOrEqual(8);
    await stage.advance(2_900);
    expect(stage.applied).toHaveLength(tries);
    await stage.advance(2_000);
    expect(stage.shown('e19')).toContain('Accepted=True');
  });

  test('holds up nobody when only this object is refused', async () => {
    stage.onApply = ({ metadata }) => {
      if (metadata.name === 'a') throw linkError(422);
    };
    stage.put('a');
    stage.put('b');
    await stage.lead();
    expect(stage.shown('b')).toContain('Accepted=True');
  });

  test('goes on soon after an API server that was away for long', async () => {
    stage.onApply = () => {
      throw linkError(0);
    };
    stage.put('a');
    await stage.lead();
    await stage.advance(300_000);
    stage.onApply = () => undefined;
    await stage.advance(6_000);
    expect(stage.shown('a')).toContain('Accepted=True');
  });

  test('is over when the object is gone', async () => {
    stage.onApply = () => {
      stage.remove('a');
    };
    stage.put('a');
    await stage.lead();
    await stage.advance(10_000);
    expect(stage.applied).toHaveLength(1);
    expect(stage.metrics).toContain('outdated');
  });

  test('is written anew for what has the name meanwhile, without a word', async () => {
    stage.onApply = () => {
      stage.onApply = () => undefined;
      stage.put('a', { uid: 'another' });
    };
    stage.put('a');
    await stage.lead();
    await stage.advance(2_000);
    expect(stage.metrics).toEqual(['supported true', 'outdated', 'written']);
    expect(stage.objectsByKey.get('default/a')).toMatchObject({ metadata: { uid: 'another' }, status: {} });
    expect(stage.lines).toEqual([]);
  });

  test('because the object changed is tried again once a second while the watch shows neither change', async () => {
    stage.doesWatch = false;
    stage.put('a');
    await stage.lead();
    expect(stage.metrics).toEqual(['supported true', 'written']);
    stage.onApply = () => {
      throw linkError(409);
    };
    stage.count('a', 1, 1);
    await stage.advance(5_000);
    expect(stage.metrics.filter((outcome) => outcome === 'outdated').length).toBeLessThanOrEqual(6);
  });
});

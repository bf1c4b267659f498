import { describe, expect, test } from 'vitest';
import { HoldOff } from '../../../operator/tables/hold-off.ts';
import { ManualClock } from '../../support/manual-clock.ts';

function heldOff(): { clock: ManualClock; holdOff: HoldOff; firedAtMs: number[] } {
  const clock = new ManualClock();
  const firedAtMs: number[] = [];
  const onDue = (): void => void firedAtMs.push(clock.monotonicMs());
  return { clock, holdOff: new HoldOff({ clock, times: { quietMs: 100, longestMs: 1_000 }, onDue }), firedAtMs };
}

describe('the hold-off', () => {
  test('ends 100 ms after a single change', () => {
    const { clock, holdOff, firedAtMs } = heldOff();
    holdOff.mark();
    clock.advance(99);
    expect(firedAtMs).toEqual([]);
    clock.advance(5_000);
    expect(firedAtMs).toEqual([100]);
  });

  test('begins again with each change', () => {
    const { clock, holdOff, firedAtMs } = heldOff();
    for (const waitMs of [60, 60, 60, 0]) {
      holdOff.mark();
      clock.advance(waitMs);
    }
    clock.advance(5_000);
    expect(firedAtMs).toEqual([280]);
  });

  test('ends one second after the first change, whatever comes', () => {
    const { clock, holdOff, firedAtMs } = heldOff();
    for (let ms = 0; ms < 2_500; ms += 50) {
      holdOff.mark();
      clock.advance(50);
    }
    clock.advance(5_000);
    expect(firedAtMs).toEqual([1_000, 2_000, 2_550]);
  });

  test('does nothing when nothing changes, and nothing after it was cancelled', () => {
    const { clock, holdOff, firedAtMs } = heldOff();
    clock.advance(5_000);
    holdOff.mark();
    holdOff.cancel();
    clock.advance(5_000);
    expect(firedAtMs).toEqual([]);
    holdOff.mark();
    clock.advance(5_000);
    expect(firedAtMs).toEqual([10_100]);
  });
});

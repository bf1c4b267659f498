/** What another replica gets of the counts that changed. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { PeerCountsLog } from '../../../operator/push/peer-counts-log.ts';
import { ProgrammedTally, type Standing } from '../../../operator/push/programmed-tally.ts';
import { SetDifferences } from '../../../operator/push/set-differences.ts';
import { StrayAcknowledgements } from '../../../operator/push/stray-acknowledgements.ts';
import { FakeBoard, fakeEndpoint } from '../../support/fake-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('the log of counts', () => {
  test('gives everything to whoever asks after what it has forgotten', () => {
    const clock = new ManualClock();
    const tally = new ProgrammedTally({ clock, differences: new SetDifferences() });
    const log = new PeerCountsLog({ tally, strays: new StrayAcknowledgements(clock), maxEndpoints: 2 });
    onTestFinished(log.follow());
    const board = new FakeBoard();
    let standing: Standing | null = null;
    const change = (...names: readonly string[]): string => {
      board.set('shop', ...names.map((name) => fakeEndpoint(name, `${clock.monotonicMs()}`)));
      const current = board.tableFor({ namespace: 'shop', appId: 'a', configuration: '' });
      const next = { namespace: 'shop', current, acknowledged: null, unusable: new Set<string>() };
      tally.move(standing, next);
      standing = next;
      clock.advance(1_000);
      return log.messageAfter('').cursor;
    };
    const first = change('one');
    const second = change('two');
    expect(log.messageAfter(first)).toMatchObject({ isComplete: false, counts: { 'shop/two': [1, 0] } });
    const third = change('one', 'three');
    expect(log.messageAfter(first).isComplete).toBe(true);
    expect(Object.keys(log.messageAfter(first).counts)).toHaveLength(3);
    expect(Object.keys(log.messageAfter(second).counts).toSorted()).toEqual(['shop/one', 'shop/three']);
    expect(log.messageAfter(third)).toMatchObject({ isComplete: false, counts: {} });
  });
});

/** After a publication the streams are visited between other work, each with the newest table. */
import { describe, expect, test } from 'vitest';
import type { Clock } from '#shared/clock/clock.ts';
import type { AudienceGroup } from '../../../operator/push/audience-streams.ts';
import { PublicationPass } from '../../../operator/push/publication-pass.ts';
import type { PushStream } from '../../../operator/push/push-stream.ts';
import { FakeBoard, fakeEndpoint } from '../../support/fake-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

describe('a pass', () => {
  test('lets other work in, again and again', async () => {
    const clock = new ManualClock();
    const visitedAtTurn: number[] = [];
    let turn = 0;
    const pass = new PublicationPass({
      board: new FakeBoard(),
      clock,
      sliceMs: 5,
      visit: () => {
        visitedAtTurn.push(turn);
        clock.advance(0.5);
      },
    });
    pass.add([group('a', 500), group('b', 500)]);
    expect(visitedAtTurn).toEqual([]);
    while (visitedAtTurn.length < 1_000) {
      turn += 1;
      await new Promise((resolve) => void setImmediate(resolve));
    }
    const mostInOneTurn = Math.max(
      ...Map.groupBy(visitedAtTurn, (at) => at)
        .values()
        .map(({ length }) => length),
    );
    expect(mostInOneTurn).toBeLessThanOrEqual(32);
  });

  test('goes over a group again that changes while it is visited, and never back to an older table', async () => {
    const board = new FakeBoard();
    const seen = new Map<PushStream, string[]>();
    const one = group('a', 3);
    const late = fakeStream();
    let visits = 0;
    const pass = new PublicationPass({
      board,
      clock: new ManualClock() satisfies Clock,
      sliceMs: 5,
      visit: (stream, table) => {
        seen.set(stream, [...(seen.get(stream) ?? []), table.revision]);
        visits += 1;
        if (visits !== 2) return;
        board.set('shop', fakeEndpoint('next'));
        one.streams.add(late);
        pass.add([one]);
      },
    });
    board.set('shop', fakeEndpoint('first'));
    const before = board.tableFor(one.audience).revision;
    pass.add([one]);
    pass.add([one]);
    await waitUntil(() => visits === 7);
    const after = board.tableFor(one.audience).revision;
    expect([...seen.values()]).toEqual([[before, after], [before, after], [before, after], [after]]);
  });
});

function group(appId: string, count: number): AudienceGroup {
  return {
    audience: { namespace: 'shop', appId, configuration: '' },
    streams: new Set(Array.from({ length: count }, fakeStream)),
  };
}

/** The pass only hands streams on. */
function fakeStream(): PushStream {
  return {} as PushStream;
}

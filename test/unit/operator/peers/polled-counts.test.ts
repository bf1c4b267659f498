import { beforeEach, describe, expect, test } from 'vitest';
import type { Replica } from '../../../../operator/peers/replica-directory.ts';
import { PolledCounts } from '../../../../operator/peers/polled-counts.ts';
import type { PeerCountsMessage } from '../../../../operator/push/peer-counts-message.ts';
import type { PodAcknowledgement } from '../../../../operator/push/stray-acknowledgements.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

const b: Replica = { name: 'b', address: 'b:6500' };
const c: Replica = { name: 'c', address: 'c:6500' };

let others: readonly Replica[] | null;
let answers: Map<string, PeerCountsMessage | null>;
let asked: string[];
let told: string[][];
let taken: PodAcknowledgement[];
let clock: ManualClock;
let lines: LogLine[];
let counts: PolledCounts;

beforeEach(() => {
  others = [b];
  answers = new Map();
  asked = [];
  told = [];
  taken = [];
  lines = [];
  clock = new ManualClock();
  counts = new PolledCounts({
    others: () => others,
    ask: (replica, cursor) => {
      asked.push(`${replica.name} ${cursor}`);
      const answer = answers.get(replica.name) ?? null;
      return answer === null ? Promise.reject(linkError(0)) : Promise.resolve(answer);
    },
    onAcknowledgements: (acknowledgements) => taken.push(...acknowledgements),
    clock,
    logger: memoryLogger(lines),
  });
  counts.onChanged((endpoints) => told.push([...endpoints]));
});

function message(cursor: string, fields: Partial<PeerCountsMessage> = {}): PeerCountsMessage {
  return { cursor, isComplete: false, counts: {}, acknowledgements: [], ...fields };
}

async function round(): Promise<void> {
  const before = asked.length;
  clock.advance(1_000);
  await waitUntil(() => asked.length > before);
  await new Promise((resolve) => setImmediate(resolve));
}

async function start(): Promise<void> {
  void counts.run(new AbortController().signal);
  await new Promise((resolve) => setImmediate(resolve));
}

describe('counts of other replicas', () => {
  test('are summed, and changed ones told', async () => {
    others = [b, c];
    answers.set('b', message('b1', { isComplete: true, counts: { 'ns/x': [3, 2] } }));
    answers.set('c', message('c1', { isComplete: true, counts: { 'ns/x': [1, 1], 'ns/y': [2, 0] } }));
    await start();
    expect(counts.countFor('ns/x')).toEqual({ entitled: 4, programmed: 3 });
    expect(counts.countFor('ns/y')).toEqual({ entitled: 2, programmed: 0 });
    expect(counts.countFor('ns/z')).toEqual({ entitled: 0, programmed: 0 });
    expect(told).toEqual([['ns/x'], ['ns/x', 'ns/y']]);
  });

  test('are asked for after the cursor of the answer before', async () => {
    answers.set('b', message('b1', { isComplete: true, counts: { 'ns/x': [3, 2], 'ns/y': [1, 1] } }));
    await start();
    answers.set('b', message('b2', { counts: { 'ns/x': [3, 3] } }));
    await round();
    expect(asked).toEqual(['b ', 'b b1']);
    expect(counts.countFor('ns/x')).toEqual({ entitled: 3, programmed: 3 });
    expect(counts.countFor('ns/y')).toEqual({ entitled: 1, programmed: 1 });
  });

  test('of a replica that began anew replace what it said', async () => {
    answers.set('b', message('b1', { isComplete: true, counts: { 'ns/x': [3, 2] } }));
    await start();
    answers.set('b', message('n1', { isComplete: true, counts: { 'ns/y': [1, 0] } }));
    await round();
    expect(counts.countFor('ns/x')).toEqual({ entitled: 0, programmed: 0 });
    expect(told.at(-1)?.toSorted()).toEqual(['ns/x', 'ns/y']);
  });

  test('of a replica that does not answer hold until it is gone', async () => {
    answers.set('b', message('b1', { isComplete: true, counts: { 'ns/x': [3, 2] } }));
    await start();
    answers.set('b', null);
    await round();
    clock.advance(1_000);
    expect(counts.countFor('ns/x')).toEqual({ entitled: 3, programmed: 2 });
    expect(lines.map(({ message: text }) => text)).toEqual(['a replica cannot be asked']);
    others = [];
    clock.advance(1_000);
    await waitUntil(() => counts.countFor('ns/x').entitled === 0);
    expect(told.at(-1)).toEqual(['ns/x']);
  });

  test('are complete when every replica has answered', async () => {
    others = null;
    expect(counts.isComplete()).toBe(false);
    others = [b];
    await start();
    expect(counts.isComplete()).toBe(false);
    answers.set('b', message('b1'));
    await round();
    expect(counts.isComplete()).toBe(true);
    others = [];
    expect(counts.isComplete()).toBe(true);
  });
});

test('acknowledgements that came to another replica are passed on', async () => {
  const acknowledgement = { stream: 's', revision: 'r', state: 'applied' as const, reasons: [] };
  answers.set('b', message('b1', { acknowledgements: [{ podUid: 'u', acknowledgement }] }));
  await start();
  expect(taken).toEqual([{ podUid: 'u', acknowledgement }]);
});

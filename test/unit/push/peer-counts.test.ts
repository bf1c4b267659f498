/** The order in which counts changed, and a client that gets odd answers. */
import { createServer } from 'node:https';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { PeerCountsClient } from '../../../operator/push/peer-counts-client.ts';
import { PeerCountsLog } from '../../../operator/push/peer-counts-log.ts';
import { ProgrammedTally, type Standing } from '../../../operator/push/programmed-tally.ts';
import { SetDifferences } from '../../../operator/push/set-differences.ts';
import { StrayAcknowledgements } from '../../../operator/push/stray-acknowledgements.ts';
import { FakeBoard, fakeEndpoint } from '../../support/fake-board.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { identityOptions } from '../../support/start-tls-upstream.ts';
import { listenUntilTestEnds } from '../../support/start-upstream.ts';

const forever = new AbortController().signal;

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

describe('a client', () => {
  test('forgets what a complete answer does not name', async () => {
    const client = await clientOfAnswers([
      { cursor: 'a', isComplete: true, counts: { 'shop/one': [2, 1], 'shop/two': [2, 2] }, acknowledgements: [] },
      { cursor: 'b', isComplete: true, counts: { 'shop/two': [1, 1] }, acknowledgements: [] },
    ]);
    await client.poll(forever);
    expect((await client.poll(forever)).changed).toEqual(new Set(['shop/one', 'shop/two']));
    expect(client.countFor('shop/one')).toEqual({ entitled: 0, programmed: 0 });
    expect(client.countFor('shop/two')).toEqual({ entitled: 1, programmed: 1 });
  });

  test.each([
    ['no JSON', '<html>'],
    ['no counts', { cursor: 'a', isComplete: true, acknowledgements: [] }],
    ['counts below zero', { cursor: 'a', isComplete: true, counts: { x: [-1, 0] }, acknowledgements: [] }],
    ['counts that are text', { cursor: 'a', isComplete: true, counts: { x: ['1', '1'] }, acknowledgements: [] }],
    ['more than it can hold', ' '.repeat(33 * 1024 * 1024)],
  ])('does not take an answer with %s', async (_, answer) => {
    const client = await clientOfAnswers([answer]);
    await expect(client.poll(forever)).rejects.toMatchObject({ name: 'LinkError', kind: 'transient', status: 200 });
    expect([...client.endpoints()]).toEqual([]);
  });
});

/** Answers one after the other over TLS. */
async function clientOfAnswers(answers: readonly unknown[]): Promise<PeerCountsClient> {
  const authority = await CertificateAuthority.create('peers');
  const left = [...answers];
  const certificate = identityOptions(await authority.issueServer({ hosts: ['operator'] }));
  const server = createServer(certificate, (_request, response) => {
    const answer = left.shift();
    response.on('error', () => undefined).end(typeof answer === 'string' ? answer : JSON.stringify(answer));
  });
  const client = new PeerCountsClient({
    host: '127.0.0.1',
    port: await listenUntilTestEnds(server),
    serverName: 'operator',
    caPem: () => authority.certificatePem,
    token: () => Promise.resolve('operator'),
    clock: systemClock,
  });
  onTestFinished(() => client.close());
  return client;
}

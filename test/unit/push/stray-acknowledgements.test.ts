/** How long, and how many, acknowledgements are kept for other replicas. */
import { describe, expect, test } from 'vitest';
import type { Acknowledgement } from '#shared/push/push-channel.ts';
import { StrayAcknowledgements } from '../../../operator/push/stray-acknowledgements.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('stray acknowledgements', () => {
  test('are given to whoever has not had them, for a minute', () => {
    const clock = new ManualClock();
    const strays = new StrayAcknowledgements(clock);
    strays.keep('pod-a', answer('one'));
    const { sequence } = strays;
    clock.advance(40_000);
    strays.keep('pod-b', answer('two'));
    expect(strays.after(0)).toEqual([
      { podUid: 'pod-a', acknowledgement: answer('one') },
      { podUid: 'pod-b', acknowledgement: answer('two') },
    ]);
    expect(strays.after(sequence).map(({ podUid }) => podUid)).toEqual(['pod-b']);
    clock.advance(20_001);
    expect(strays.after(0).map(({ podUid }) => podUid)).toEqual(['pod-b']);
    clock.advance(40_000);
    expect(strays.after(0)).toEqual([]);
    expect(strays.sequence).toBe(2);
  });

  test('are bounded in number and in bytes', () => {
    const strays = new StrayAcknowledgements(new ManualClock());
    for (let at = 0; at < 10_000; at += 1) strays.keep('pod', answer(`${at}`));
    expect(strays.after(0)).toHaveLength(4_096);
    expect(strays.after(0).at(-1)?.acknowledgement.stream).toBe('9999');
    const message = 'x'.repeat(1024 * 1024);
    for (let at = 0; at < 10; at += 1)
      strays.keep('pod', { ...answer('large'), reasons: [{ endpoint: 'one', message }] });
    expect(strays.after(0)).toHaveLength(3);
  });
});

function answer(stream: string): Acknowledgement {
  return { stream, revision: 'r', state: 'applied', reasons: [] };
}

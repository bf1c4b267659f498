import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { readTableStream } from '../../../proxy/subscribe/read-table-stream.ts';
import { ManualClock } from '../../support/manual-clock.ts';

describe('reading a stream', () => {
  test('rejects when whoever takes the messages has a bug, and reads no more', async () => {
    const response = new IncomingMessage(new Socket());
    const bug = new TypeError('a bug');
    const reading = readTableStream(response, {
      receiver: {
        take: () => {
          throw bug;
        },
        spoil: () => undefined,
      },
      clock: new ManualClock(),
      onHeard: () => undefined,
      onDrain: () => undefined,
      signal: new AbortController().signal,
    });
    response.push('{"type":"DELETE","name":"far"}\n');
    await expect(reading).rejects.toBe(bug);
    expect(response.destroyed).toBe(true);
  });
});

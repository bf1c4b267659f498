import * as z from 'zod/mini';
import { describe, expect, test } from 'vitest';
import {
  acknowledgementSchema,
  helloSchema,
  maxHeldEndpoints,
  maxMessageLength,
  parsePushMessage,
} from '#shared/push/push-message.ts';
import { defaultOptions } from '#shared/compile/default-options.ts';

const synced = { type: 'SYNCED', revision: 'abc', options: defaultOptions };

describe('a line of the stream', () => {
  test.each([
    [synced],
    [{ type: 'UPSERT', endpoint: { anything: 1 } }],
    [{ type: 'DELETE', name: 'github' }],
    [{ type: 'PING' }],
    [{ type: 'DRAIN', reconnectAfterMs: 1234 }],
  ])('is read: %j', (message) => {
    expect(parsePushMessage(JSON.stringify(message))).toEqual(message);
  });

  test('of a type from a later version is known as such', () => {
    expect(parsePushMessage('{"type":"REKEY","secret":1}')).toEqual({ type: 'UNKNOWN' });
    expect(parsePushMessage('{"type":"toString"}')).toEqual({ type: 'UNKNOWN' });
  });

  test('loses the fields that are not known', () => {
    const later = { ...synced, later: 1, options: { ...synced.options, later: 1 } };
    expect(parsePushMessage(JSON.stringify(later))).toEqual(synced);
  });

  test.each([
    ['{"type":"DELETE","name":"S3CR3T', 'not JSON'],
    ['["S3CR3T"]', 'no type'],
    ['"S3CR3T"', 'no type'],
    ['null', 'no type'],
    ['{"type":"DELETE","name":{"S3CR3T":1}}', 'name (invalid_type)'],
    [`{"type":"DELETE","name":"${'S3CR3T'.repeat(50)}"}`, 'name (too_big)'],
    ['{"type":"DRAIN","reconnectAfterMs":-1}', 'reconnectAfterMs (too_small)'],
    ['{"type":"SYNCED","revision":"r"}', 'options (invalid_type)'],
    [JSON.stringify({ ...synced, revision: '' }), 'revision (too_small)'],
    [' '.repeat(maxMessageLength + 1), 'longer than'],
  ])('that is broken is refused by field and without its values (%#)', (line, part) => {
    expect(() => parsePushMessage(line)).toThrow(part);
    expect(() => parsePushMessage(line)).not.toThrow('S3CR3T');
  });
});

describe('a Hello', () => {
  const hello = { revision: '', revisionsByName: {}, version: '1.0.0' };

  test.each([[hello], [{ ...hello, revision: 'r', revisionsByName: { github: 'a' } }]])('is taken: %j', (body) => {
    expect(z.safeParse(helloSchema, body)).toEqual({ success: true, data: body });
  });

  test.each([
    [{ ...hello, revision: 'r'.repeat(129) }],
    [{ ...hello, revisionsByName: { ['n'.repeat(254)]: 'a' } }],
    [{ ...hello, revisionsByName: { a: 'r'.repeat(129) } }],
    [
      {
        ...hello,
        revisionsByName: Object.fromEntries(Array.from({ length: maxHeldEndpoints + 1 }, (_, n) => [n, ''])),
      },
    ],
    [{ ...hello, version: 'v'.repeat(257) }],
    [{ revision: '' }],
    [null],
  ])('beyond its bounds is refused (%#)', (body) => {
    expect(z.safeParse(helloSchema, body).success).toBe(false);
  });
});

describe('an Acknowledgement', () => {
  const applied = { stream: 's', revision: 'r', state: 'applied', reasons: [] };

  test.each([[applied], [{ ...applied, state: 'refused', reasons: [{ endpoint: 'github', message: 'why' }] }]])(
    'is taken: %j',
    (body) => {
      expect(z.safeParse(acknowledgementSchema, body)).toEqual({ success: true, data: body });
    },
  );

  test.each([
    [{ ...applied, state: 'maybe' }],
    [{ ...applied, stream: '' }],
    [{ ...applied, revision: '' }],
    [{ ...applied, reasons: [{ endpoint: '', message: 'm'.repeat(2_049) }] }],
    [{ ...applied, reasons: Array.from({ length: 1_001 }, () => ({ endpoint: '', message: '' })) }],
  ])('beyond its bounds is refused (%#)', (body) => {
    expect(z.safeParse(acknowledgementSchema, body).success).toBe(false);
  });
});

import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultOptions } from '#shared/compile/default-options.ts';
import { parsePushMessage } from '#shared/push/push-message.ts';
import type { TableOptions } from '#shared/table/endpoint-table.ts';
import { middlewareTypes, type MiddlewareEntry } from '#shared/table/middleware.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';
import { Sensitive } from '#shared/table/sensitive.ts';

/** Every byte, as one character. */
const byteString = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const label = fc.string({ maxLength: 20 });
const sensitive = fc
  .record({ value: byteString, ref: label, version: label })
  .map(({ value, ref, version }) => new Sensitive(value, { ref, version }));
const entry: fc.Arbitrary<MiddlewareEntry> = fc.oneof(
  fc.record({
    state: fc.constant('ready' as const),
    name: label,
    type: fc.constantFrom(...middlewareTypes),
    revision: label,
    settings: fc.array(fc.record({ name: label, value: sensitive }), { maxLength: 4 }),
    environmentSettings: fc.array(fc.record({ name: label, variable: label }), { maxLength: 4 }),
  }),
  fc.record({
    state: fc.constant('refused' as const),
    name: label,
    type: label,
    revision: label,
    reason: label,
    message: fc.string(),
  }),
);
const options: fc.Arbitrary<TableOptions> = fc
  .record({ http: fc.array(entry, { maxLength: 3 }), app: fc.array(entry, { maxLength: 3 }) })
  .map((pipelines) => ({ ...defaultOptions, pipelines }));

/** What a proxy makes of the line that an operator sends. */
function received(encoded: unknown): TableOptions {
  const line = Buffer.from(JSON.stringify({ type: 'SYNCED', revision: 'r', options: encoded }), 'utf8');
  const message = parsePushMessage(line.toString('utf8'));
  if (message.type !== 'SYNCED') throw new TypeError(`it is ${message.type}`);
  return message.options;
}

describe('options', () => {
  test('come through the wire as they were, every byte of their secrets included', () => {
    fc.assert(
      fc.property(options, (original) => {
        const decoded = received(encodeOptions(original));
        // Encoded, as toEqual cannot see into a secret.
        expect(encodeOptions(decoded)).toEqual(encodeOptions(original));
        expect(decoded).toEqual(original);
      }),
    );
  });

  test('that came through the wire still cannot be printed', () => {
    fc.assert(
      fc.property(options, (original) => {
        const marked = new Sensitive('S3CR3T', { ref: 'secret a/b/c', version: 'v' });
        const mark = (entries: readonly MiddlewareEntry[]): readonly MiddlewareEntry[] =>
          entries.map((each) =>
            each.state === 'ready' ? { ...each, settings: [{ name: 'clientSecret', value: marked }] } : each,
          );
        const { http, app } = original.pipelines;
        const decoded = received(encodeOptions({ ...original, pipelines: { http: mark(http), app: mark(app) } }));
        expect(inspect(decoded, { depth: 9 }) + JSON.stringify(decoded)).not.toContain('S3CR3T');
      }),
    );
  });

  test('of a later version guard what they guarded: a type that is not known is refused', () => {
    const encoded = encodeOptions({
      ...defaultOptions,
      pipelines: {
        http: [
          {
            state: 'ready',
            name: 'new',
            type: 'middleware.http.uppercase',
            revision: 'r',
            settings: [],
            environmentSettings: [],
          },
        ],
        app: [],
      },
    });
    const later = JSON.parse(JSON.stringify(encoded).replace('.uppercase', '.later')) as unknown;
    expect(received(later).pipelines.http).toEqual([
      {
        state: 'refused',
        name: 'new',
        type: 'middleware.http.later',
        revision: 'r',
        reason: 'MiddlewareUnsupported',
        message: 'middleware.http.later is no type of middleware that this proxy has',
      },
    ]);
  });

  test('that are damaged are refused without a word of what is in them', () => {
    const marked = 'S3CR3T';
    const whole = {
      state: 'ready',
      name: marked,
      type: 'middleware.http.uppercase',
      revision: marked,
      settings: [{ name: marked, value: { ref: marked, version: marked, value: marked } }],
      environmentSettings: [],
    };
    const damages = [
      { ...whole, settings: marked },
      { ...whole, settings: [{ name: marked, value: marked }] },
      { ...whole, state: marked },
      { ...whole, environmentSettings: [{ [marked]: marked }] },
    ];
    for (const damaged of damages) {
      const encoded = { ...encodeOptions(defaultOptions), pipelines: { http: [damaged], app: [] } };
      let message = '';
      try {
        received(encoded);
      } catch (err) {
        message = String(err);
      }
      expect(message).toContain('pipelines.http');
      expect(message).not.toContain(marked);
    }
  });
});

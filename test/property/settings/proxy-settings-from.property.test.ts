import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '#shared/errors/config-error.ts';
import type { Flag } from '#shared/settings/flag.ts';
import type { FlagKind } from '#shared/settings/flag-value.ts';
import { msFromGoDuration } from '#shared/settings/go-duration.ts';
import { ignoredFlags } from '#shared/settings/ignored-flags.ts';
import { listFromCommaSeparated } from '#shared/settings/comma-separated.ts';
import { parseFlags } from '#shared/settings/parse-flags.ts';
import { proxyFlags } from '#shared/settings/proxy-flags.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { bytesFromQuantity } from '#shared/settings/quantity.ts';

const flags: readonly Flag[] = [...proxyFlags, ...ignoredFlags];

/** For each kind: texts, and what they mean. */
const valuesByKind: Readonly<Record<FlagKind, fc.Arbitrary<readonly [text: string, value: unknown]>>> = {
  text: fc.stringMatching(/^[a-z0-9/:=._]{1,20}$/).map((text) => [text, text]),
  list: fc
    .array(fc.string({ minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 4 })
    .map((list) => [list.map((item) => `"${item.replaceAll('"', '""')}"`).join(','), list]),
  boolean: fc.constantFrom(['true', true], ['1', true], ['T', true], ['false', false], ['0', false], ['FALSE', false]),
  integer: fc.integer().map((number) => [String(number), number]),
  port: fc.integer({ min: 0, max: 65_535 }).map((port) => [String(port), port]),
  bytes: fc.integer({ min: 0, max: 2 ** 20 }).map((count) => [`${count}Ki`, count * 1024]),
  ms: fc.integer({ min: 0, max: 1e6 }).map((ms) => [`${ms}ms`, ms]),
};

const anyFlagAndValue = fc
  .constantFrom(...flags)
  .chain((flag) => valuesByKind[flag.kind].map(([text, value]) => ({ flag, text, value })));

describe('the parser of flags', () => {
  test('throws nothing but ConfigError, whatever the arguments', () => {
    const argument = fc.oneof(
      fc.string(),
      fc.constantFrom(...flags).map(({ name }) => `--${name}`),
      anyFlagAndValue.map(({ flag, text }) => `-${flag.name}=${text}`),
      fc.string().map((text) => `--${text}`),
    );
    fc.assert(
      fc.property(
        fc.array(argument),
        fc.dictionary(fc.constantFrom('APP_ID', 'APP_PORT', 'DAPR_ENV_KEYS'), fc.string()),
        (argv, env) => {
          try {
            expect(proxySettingsFrom(argv, env).appId).not.toBe('');
          } catch (error) {
            expect(error).toBeInstanceOf(ConfigError);
            expect(error).toHaveProperty('mistakes.length');
          }
        },
      ),
    );
  });

  test('reads every flag alike in each of its spellings', () => {
    fc.assert(
      fc.property(anyFlagAndValue, ({ flag, text, value }) => {
        const spellings = [[`--${flag.name}=${text}`], [`-${flag.name}=${text}`]];
        if (flag.kind !== 'boolean') spellings.push([`--${flag.name}`, text], [`-${flag.name}`, text]);
        for (const argv of spellings) {
          const { values, given, mistakes } = parseFlags(argv, {}, flags);
          expect({ argv, value: values[flag.name], given: [...given], mistakes }).toEqual({
            argv,
            value,
            given: [flag.name],
            mistakes: [],
          });
        }
      }),
      { numRuns: 500 },
    );
  });

  test('does not depend on the order of different flags', () => {
    const some = fc.uniqueArray(anyFlagAndValue, { selector: ({ flag }) => flag.name, maxLength: 8 });
    fc.assert(
      fc.property(some, (given) => {
        const argv = given.map(({ flag, text }) => `--${flag.name}=${text}`);
        expect(parseFlags(argv.toReversed(), {}, flags).values).toEqual(parseFlags(argv, {}, flags).values);
      }),
    );
  });
});

describe('the readers of values', () => {
  test('are total', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(
          [bytesFromQuantity(text), msFromGoDuration(text)].every((value) => value === null || Number.isFinite(value)),
        ).toBe(true);
        expect(listFromCommaSeparated(text) ?? []).not.toContain('');
      }),
    );
  });

  test('durations add up', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.nat(59), fc.nat(59), fc.nat(999), (hours, minutes, seconds, ms) => {
        expect(msFromGoDuration(`${hours}h${minutes}m${seconds}s${ms}ms`)).toBe(
          ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms,
        );
      }),
    );
  });

  test('binary quantities are powers of 1024', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.constantFrom(...['Ki', 'Mi', 'Gi'].entries()), (count, [index, suffix]) => {
        expect(bytesFromQuantity(`${count}${suffix}`)).toBe(count * 1024 ** (index + 1));
      }),
    );
  });
});

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseTarget, type TargetHeaders } from '../../../proxy/target/parse-target.ts';

const noHeaders: TargetHeaders = { appId: undefined, authorization: undefined };

/** Every byte that a request line can hold, but the two that end the path. */
const pathByte = fc
  .integer({ min: 0x21, max: 0xff })
  .map((code) => String.fromCharCode(code))
  .filter((byte) => byte !== '?');
const rawPath = fc.array(pathByte, { maxLength: 40 }).map((bytes) => bytes.join(''));
const queryByte = fc.integer({ min: 0x21, max: 0xff }).map((code) => String.fromCharCode(code));
const search = fc.oneof(
  fc.constant(''),
  fc.array(queryByte, { maxLength: 20 }).map((bytes) => `?${bytes.join('')}`),
);
const anyName = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((name) => !/^https?:\/\//.test(name));

describe('every target comes back as it was written', () => {
  test('path form: the name is decoded once, path and query keep every byte', () => {
    fc.assert(
      fc.property(anyName, rawPath, search, (name, path, query) => {
        const url = `/v1.0/invoke/${encodeURIComponent(name)}/method/${path}${query}`;
        expect(parseTarget(url, noHeaders)).toEqual({ name, path, search: query, fromAuthorization: false });
      }),
    );
  });

  test('path form with a URL written out: not one of its bytes is decoded', () => {
    const basePath = fc
      .array(fc.constantFrom('a', '+', '%2B', '%25', '%2F', '%3F', '/', '.', '~', '%C3%A9', 'Z'), { maxLength: 12 })
      .map((parts) => parts.join(''))
      .filter((base) => !`${base}/method/`.slice(0, -1).includes('/method/'));
    fc.assert(
      fc.property(basePath, rawPath, search, (base, path, query) => {
        const target = `https://h:8443/${base}`;
        expect(parseTarget(`/v1.0/invoke/${target}/method/${path}${query}`, noHeaders)).toMatchObject({
          name: target,
          path,
          search: query,
        });
      }),
    );
  });

  test('path form with a URL escaped as a whole: the same URL', () => {
    fc.assert(
      fc.property(fc.constantFrom('http', 'https'), anyName, rawPath, (scheme, rest, path) => {
        const target = `${scheme}://${rest}`;
        const url = `/v1.0/invoke/${encodeURIComponent(target)}/method/${path}`;
        expect(parseTarget(url, noHeaders)).toMatchObject({ name: target, path });
      }),
    );
  });

  test('header forms: the whole path, every byte of it', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), rawPath, search, (appId, path, query) => {
        expect(parseTarget(`/${path}${query}`, { ...noHeaders, appId })).toEqual({
          name: appId,
          path,
          search: query,
          fromAuthorization: false,
        });
        if (appId.includes(':') || appId !== Buffer.from(appId).toString()) return;
        const authorization = `Basic ${Buffer.from(`dapr-app-id:${appId}`).toString('base64')}`;
        expect(parseTarget(`/${path}${query}`, { ...noHeaders, authorization })).toMatchObject({ name: appId, path });
      }),
    );
  });
});

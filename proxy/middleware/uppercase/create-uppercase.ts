/** `middleware.http.uppercase`: bodies in upper case, to see that a pipeline works (spec/policy.md §4). */
import { StringDecoder } from 'node:string_decoder';
import { parseUppercaseSettings } from '#shared/middleware/uppercase-settings.ts';
import type { ReadyMiddleware } from '#shared/table/middleware.ts';
import type { BodyMap, Middleware } from '../middleware.ts';
import { usableSettings } from '../usable-settings.ts';

export async function createUppercase(entry: ReadyMiddleware): Promise<Middleware> {
  const { direction } = usableSettings(parseUppercaseSettings(entry.settings));
  return {
    handle: (request) => {
      if (direction !== 'response') request.mapRequestBody(upperCase());
      if (direction !== 'request') request.mapResponseBody(upperCase());
      return null;
    },
    close: () => undefined,
  };
}

/** UTF-8; a character that is cut in two waits for its other half. */
function upperCase(): BodyMap {
  const decoder = new StringDecoder('utf8');
  return {
    piece: (chunk) => Buffer.from(decoder.write(chunk).toUpperCase()),
    end: () => Buffer.from(decoder.end().toUpperCase()),
  };
}

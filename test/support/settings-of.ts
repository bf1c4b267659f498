/** Settings of a middleware as compile leaves them: byte strings that cannot be printed. */
import { byteString } from '#shared/resources/secret.ts';
import type { MiddlewareSetting } from '#shared/table/middleware.ts';
import { Sensitive } from '#shared/table/sensitive.ts';

/** In the order of the record. */
export function settingsOf(textsByName: Readonly<Record<string, string>>): readonly MiddlewareSetting[] {
  return Object.entries(textsByName).map(([name, text]) => {
    return { name, value: new Sensitive(byteString(text), { ref: `secret shop/${name}`, version: '1' }) };
  });
}

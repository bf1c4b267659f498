/** A secret as JSON and back: for the wire between operator and proxy and for the proxy's cache in memory-backed storage only. */
import * as z from 'zod/mini';
import { Sensitive } from './sensitive.ts';

const reference = z.string().check(z.maxLength(2_048));

export const sensitiveSchema = z.object({ ref: reference, version: reference, value: z.string() });

export type EncodedSensitive = z.infer<typeof sensitiveSchema>;

/** It reveals the value. */
export function encodeSensitive(value: Sensitive): EncodedSensitive {
  return { ref: value.ref, version: value.version, value: value.reveal() };
}

/** Wraps the value again. */
export function decodeSensitive({ value, ref, version }: EncodedSensitive): Sensitive {
  return new Sensitive(value, { ref, version });
}

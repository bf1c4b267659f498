/** Reads a body that should be a JSON object. */
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';

/** Null for anything else. */
export function jsonObject(body: Buffer): UnknownRecord | null {
  try {
    return recordFrom(JSON.parse(body.toString()));
  } catch {
    return null;
  }
}

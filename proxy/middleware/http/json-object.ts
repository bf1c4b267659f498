/** Reads a body that should be a JSON object. */
import { isJsonObject } from './is-json-object.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

/** Null for anything else. */
export function jsonObject(body: Buffer): JsonObject | null {
  try {
    const value: unknown = JSON.parse(body.toString());
    return isJsonObject(value) ? value : null;
  } catch {
    return null;
  }
}

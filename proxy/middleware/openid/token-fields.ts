/** What a token endpoint answers, read as Go's client does and with it Dapr: JSON, or a form of those that have no JSON. */
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import type { HttpAnswer } from '../http/http-client.ts';
import { jsonObject } from '../http/json-object.ts';

const formTypes: ReadonlySet<string> = new Set(['application/x-www-form-urlencoded', 'text/plain']);

/** Null for what is neither. */
export function tokenFields({ headers, body }: Pick<HttpAnswer, 'headers' | 'body'>): UnknownRecord | null {
  const fields = jsonObject(body);
  if (fields !== null) return fields;
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  if (!formTypes.has(type.trim().toLowerCase())) return null;
  return Object.fromEntries(new URLSearchParams(body.toString()));
}

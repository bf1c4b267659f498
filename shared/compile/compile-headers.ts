/** `spec.headers`: which of them count, and whether their names and values may stand in a request. Pure. */
import type { HttpEndpoint, ValueSource } from '../resources/http-endpoint.ts';
import type { EnvironmentHeader, HeaderField } from '../table/endpoint-table.ts';
import { Sensitive } from '../table/sensitive.ts';
import type { Note } from './finding.ts';
import { isReference, type Lookup } from './look-up-value.ts';
import { resolveValue } from './resolve-value.ts';

export interface ChosenHeader {
  readonly name: string;
  readonly source: ValueSource;
}

/** Fields that say how one message is framed or where it goes: the proxy's own (RFC 9110 §7.6.1; spec §2). */
const ownNames = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 §5.5, in bytes: no control characters but tab. */
const illegalInValue = /[\x00-\x08\x0a-\x1f\x7f]/;

/** The headers that count, in order: the last of a name wins, and the proxy's own are left out. */
export function chooseHeaders(endpoint: HttpEndpoint, note: Note): readonly ChosenHeader[] {
  const chosenByName = new Map<string, ChosenHeader>();
  for (const [index, header] of endpoint.headers.entries()) {
    const lowerName = header.name.toLowerCase();
    if (!token.test(header.name)) {
      // By number, since what stands in the place of a name may be a secret.
      const message = `spec.headers[${index}].name is not a legal header name`;
      note({ reason: 'InvalidHeader', message, severity: 'error', origin: 'spec' });
      continue;
    }
    if (ownNames.has(lowerName)) {
      const message = `header ${header.name} is left out: the proxy sets it for each request by itself`;
      note({ reason: 'HeaderIgnored', message, severity: 'warning', origin: 'spec' });
      continue;
    }
    if (chosenByName.delete(lowerName)) {
      const message = `header ${header.name} is there more than once; the last one is used`;
      note({ reason: 'DuplicateHeader', message, severity: 'warning', origin: 'spec' });
    }
    chosenByName.set(lowerName, header);
  }
  return [...chosenByName.values()];
}

export interface CompiledHeaders {
  readonly headers: readonly HeaderField[];
  readonly environmentHeaders: readonly EnvironmentHeader[];
}

/** Makes the header fields from their lookups, which stand in the same order. */
export function compileHeaders(
  headers: readonly ChosenHeader[],
  lookups: readonly Lookup[],
  options: HeaderOptions,
): CompiledHeaders {
  const fields: HeaderField[] = [];
  const environmentHeaders: EnvironmentHeader[] = [];
  for (const [index, { name }] of headers.entries()) {
    const lookup = lookups[index] ?? { kind: 'none' };
    if (lookup.kind === 'unknown-env') {
      environmentHeaders.push({ name, variable: lookup.name });
      continue;
    }
    const field = compileHeader(name, lookup, options);
    if (field !== null) fields.push(field);
  }
  return { headers: fields, environmentHeaders };
}

export interface HeaderOptions {
  readonly fingerprintKey: string;
  readonly note: Note;
}

/** `null`: it has no value that may be sent, and this has been noted as an error. */
export function compileHeader(
  name: string,
  lookup: Lookup,
  { fingerprintKey, note }: HeaderOptions,
): HeaderField | null {
  const field = `header ${name}`;
  if (lookup.kind === 'none') {
    const message = `${field} has neither value, envRef nor secretKeyRef, so it is sent empty`;
    note({ reason: 'ValueMissing', message, severity: 'warning', origin: 'spec' });
    return { name, value: new Sensitive('', { ref: 'none', version: '' }) };
  }
  const resolved = resolveValue(lookup, { field, fingerprintKey, note });
  if (resolved === null) return null;
  // Files end in a newline, and `kubectl create secret --from-file` keeps it; no header value can.
  const text = withoutLineEnd(resolved.reveal());
  if (illegalInValue.test(text)) {
    const place = lookup.kind === 'inline' ? 'its value' : resolved.ref;
    const message = `${field}: ${place} holds a line break or another control character`;
    note({ reason: 'InvalidHeader', message, severity: 'error', origin: isReference(lookup) ? 'reference' : 'spec' });
    return null;
  }
  return { name, value: text === resolved.reveal() ? resolved : new Sensitive(text, resolved) };
}

/** By hand: a pattern would take the square of the time for a value of line ends. */
function withoutLineEnd(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  return text.slice(0, end);
}

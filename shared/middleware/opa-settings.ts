/** `middleware.http.opa` (spec/policy.md §4), decided by an OPA server: `url` and what belongs to it are beyond Dapr's. Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import type { Sensitive } from '../table/sensitive.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface OpaSettings {
  /** Of the OPA server. */
  readonly url: string;
  /** Source of the policy, which is put on the server; null: it is there already. */
  readonly rego: string | null;
  /** Path of the rule that decides, below `data`: `http/allow`. */
  readonly decision: string;
  /** Of a refusal that names no other. */
  readonly defaultStatus: number;
  /** Lower case: the request's header fields that the policy sees. */
  readonly includedHeaders: readonly string[];
  /** Whether the policy sees the body, which is kept for it as a whole then. */
  readonly readBody: boolean;
  readonly maxBodyBytes: number;
  /** For one decision. */
  readonly timeoutMs: number;
  /** PEM bundle that replaces the system's roots for the OPA server. */
  readonly rootCa: Sensitive | null;
}

const minuteMs = 60_000;

export function parseOpaSettings(settings: readonly MiddlewareSetting[]): ParsedSettings<OpaSettings> {
  const read = new SettingsReader(settings);
  const url = read.url('url');
  if (url === null) read.mistake('url is missing: policies are decided by an OPA server, whose URL it is');
  const decision = read.text('decision', 'http/allow');
  if (!/^[A-Za-z_]\w*(?:\/[A-Za-z_]\w*)*$/.test(decision)) {
    read.mistake('decision must be the path of a rule below data, such as http/allow');
  }
  return read.finish({
    url: url ?? '',
    rego: read.text('rego', '') || null,
    decision,
    defaultStatus: read.number('defaultStatus', { fallback: 403, min: 100, max: 599, isWhole: true }),
    includedHeaders: read.list('includedHeaders').map((name) => name.toLowerCase()),
    readBody: read.boolean('readBody', false),
    maxBodyBytes: read.bytes('maxBodySize', { fallback: 2 ** 20, min: 1, max: 64 * 2 ** 20 }),
    timeoutMs: read.durationMs('timeout', { fallback: 5_000, max: minuteMs }),
    rootCa: read.rootCa('rootCA'),
  });
}

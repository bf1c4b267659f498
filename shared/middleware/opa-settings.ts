/** `middleware.http.opa` (spec/policy.md §4), decided by an OPA server: `url` and what belongs to it are beyond Dapr's. Pure. */
import type { MiddlewareSetting } from '../table/middleware.ts';
import type { Sensitive } from '../table/sensitive.ts';
import { moveRegoPackage, regoPackage } from './move-rego-package.ts';
import type { ParsedSettings } from './parsed-settings.ts';
import { SettingsReader } from './settings-reader.ts';

export interface OpaSettings {
  /** Of the OPA server. */
  readonly url: string;
  /** Source of the policy, which is put on the server; null: the server has it from elsewhere. */
  readonly rego: string | null;
  /** Path of the rule that decides, below `data`: `http/allow`. */
  readonly decision: string;
  /** Of a refusal that names no other, and of every one for want of a decision. */
  readonly defaultStatus: number;
  /** Lower case: the request's header fields that the policy sees. */
  readonly includedHeaders: readonly string[];
  /** Whether the policy sees the body, which is kept for it as a whole then. */
  readonly readBody: boolean;
  readonly maxBodyBytes: number;
  /** For one decision. */
  readonly timeoutMs: number;
  /** Bearer token for the OPA server; null: it asks for none. */
  readonly token: Sensitive | null;
  /** PEM bundle that replaces the system's roots for the OPA server. */
  readonly rootCa: Sensitive | null;
}

const minuteMs = 60_000;

export function parseOpaSettings(settings: readonly MiddlewareSetting[]): ParsedSettings<OpaSettings> {
  const read = new SettingsReader(settings);
  const url = read.url('url');
  if (url === null) {
    read.missing(
      'url',
      ': an OPA server decides by the policy; let one run beside the application and give its URL, such as http://localhost:8181',
    );
  }
  const named = read.text('decision', '');
  const decision = named || 'http/allow';
  const rego = read.text('rego', '') || null;
  const isKnown = named !== '' || !read.has('decision');
  if (!/^[A-Za-z_]\w*(?:\/[A-Za-z_]\w*)*$/.test(decision)) {
    read.mistake('decision must be the path of a rule below data, such as http/allow');
  } else if (rego !== null && isKnown) {
    const mistake = regoMistake(rego, decision);
    if (mistake !== null) read.mistake(mistake);
  }
  return read.finish({
    url: url ?? '',
    rego,
    decision,
    defaultStatus: read.number('defaultStatus', { fallback: 403, min: 200, max: 599, isWhole: true }),
    includedHeaders: read.list('includedHeaders').map((name) => name.toLowerCase().replaceAll(' ', '')),
    readBody: read.boolean('readBody', false),
    maxBodyBytes: read.bytes('maxBodySize', { fallback: 64 * 2 ** 10, min: 1, max: 16 * 2 ** 20 }),
    timeoutMs: read.durationMs('timeout', { fallback: 5_000, max: minuteMs }),
    token: read.secret('token'),
    rootCa: read.rootCa('rootCA'),
  });
}

/** What would make every decision of this source undefined; null: nothing. */
function regoMistake(rego: string, decision: string): string | null {
  const names = regoPackage(rego);
  if (names === null) return 'rego must begin with a package in plain names, such as package http';
  if (!decision.startsWith(`${names.join('/')}/`)) return 'decision must be a rule of the package that rego declares';
  if (moveRegoPackage(rego, 'own') !== null) return null;
  return 'rego must name what it refers to below data, as in data.http.users, outside of texts and without brackets';
}

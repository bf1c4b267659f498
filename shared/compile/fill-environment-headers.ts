/**
 * The last step of compile, done by a proxy whose tables were compiled where nobody knew its environment: headers that
 * name a variable get their value by the same rules. Pure.
 */
import type { Endpoint } from '../table/endpoint-table.ts';
import { refusalMessage } from './compile-endpoint.ts';
import { compileHeader } from './compile-headers.ts';
import type { Finding } from './finding.ts';
import { lookUpValue } from './look-up-value.ts';

export interface EnvironmentOptions {
  readonly env: ReadonlyMap<string, string>;
  /** The only names that may be used; `null`: any but the reserved ones. */
  readonly allowedEnvNames: ReadonlySet<string> | null;
  readonly fingerprintKey: string;
}

/**
 * Fills in `environmentHeaders`; afterwards there are none. A variable that may not be used refuses the endpoint. The
 * revision stays the one that the endpoint came with, which the other side knows it by.
 */
export function fillEnvironmentHeaders(
  endpoint: Endpoint,
  { env, allowedEnvNames, fingerprintKey }: EnvironmentOptions,
): { readonly endpoint: Endpoint; readonly findings: readonly Finding[] } {
  if (endpoint.state === 'refused' || endpoint.environmentHeaders.length === 0) return { endpoint, findings: [] };
  const findings: Finding[] = [];
  const note = (finding: Finding): unknown => findings.push(finding);
  const place = { env, allowedEnvNames, secretScopes: [], storeName: '', findSecret: noSecrets };
  const filled = endpoint.environmentHeaders.flatMap(({ name, variable }) => {
    const lookup = lookUpValue({ value: null, envRef: variable, secretKeyRef: null }, place);
    return compileHeader(name, lookup, { fingerprintKey, note }) ?? [];
  });
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) {
    return { endpoint: { ...endpoint, headers: [...endpoint.headers, ...filled], environmentHeaders: [] }, findings };
  }
  const { name, revision } = endpoint;
  const message = refusalMessage(errors);
  return { endpoint: { state: 'refused', name, revision, reason: first.reason, message }, findings };
}

const noSecrets = { kind: 'failed', reason: 'SecretNotFound', message: 'no secret is looked up here' } as const;

/** What a policy decided, read from OPA's result: true, false, or an object with headers and a status (spec/policy.md §4). */
import { recordFrom } from '#shared/resources/read-field.ts';
import { isOfTheProxy } from '../../upstream/hop-by-hop.ts';

export interface OpaDecision {
  readonly isAllowed: boolean;
  /** Of the answer when it is a refusal; null: the policy names none. */
  readonly status: number | null;
  /** For the upstream when it is allowed, else for the answer. Values are byte strings. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const illegalInValue = /[\x00-\x08\x0a-\x1f\x7f]/;

/** Throws an Error of one sentence for what is no decision: half of one would open or close the wrong door. */
export function opaDecision(result: unknown): OpaDecision {
  if (typeof result === 'boolean') return { isAllowed: result, status: null, headers: [] };
  if (result === undefined) throw new Error('the policy decides nothing here: the rule is undefined');
  const decision = recordFrom(result);
  if (decision === null) throw new Error('the decision is neither a boolean nor an object');
  const { allow = false, additional_headers: additional = {}, status_code: status = null } = decision;
  if (typeof allow !== 'boolean') throw new Error('allow in the decision is no boolean');
  const headers = recordFrom(additional);
  if (headers === null) throw new Error('additional_headers in the decision is no object');
  return { isAllowed: allow, status: statusOf(status), headers: Object.entries(headers).map(headerOf) };
}

function statusOf(status: unknown): number | null {
  if (status === null) return null;
  if (typeof status === 'number' && Number.isInteger(status) && status >= 200 && status <= 599) return status;
  throw new Error('status_code in the decision is no status from 200 to 599');
}

function headerOf([name, value]: [string, unknown]): readonly [string, string] {
  if (typeof value !== 'string') throw new Error('a value in additional_headers is no text');
  if (!token.test(name) || illegalInValue.test(value)) throw new Error('additional_headers hold what is no header');
  if (isOfTheProxy(name.toLowerCase())) throw new Error('additional_headers hold one that the proxy sets by itself');
  return [name, Buffer.from(value).toString('latin1')];
}

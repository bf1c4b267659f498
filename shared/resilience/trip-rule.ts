/** `trip` of a circuit breaker: a CEL expression over its counts. The only place that knows the CEL package. Pure. */
import { Environment, ParseError, serialize, type ASTNode } from '@marcbachmann/cel-js';
import { nearestName } from '../settings/nearest-name.ts';

/** The counts of a breaker's present period, by the names that rules use (spec/resiliency.md §6). */
export interface BreakerCounts {
  readonly requests: number;
  readonly totalSuccesses: number;
  readonly totalFailures: number;
  readonly consecutiveSuccesses: number;
  readonly consecutiveFailures: number;
}

/** Whether a breaker with these counts opens. Never throws: a rule that cannot be worked out does not open it. */
export type TripRule = (counts: BreakerCounts) => boolean;

export type TripRuleResult =
  /** `warning` is a clause on a rule that can be used, and can hardly mean what it says; null when there is nothing to say. */
  | { readonly rule: TripRule; readonly mistake: null; readonly warning: string | null }
  /** A sentence part: `Unknown variable: foo`. */
  | { readonly rule: null; readonly mistake: string; readonly warning: null };

export const defaultTripRule = 'consecutiveFailures > 5';

const variables = ['requests', 'totalSuccesses', 'totalFailures', 'consecutiveSuccesses', 'consecutiveFailures'];

/** It is worked out on each failed call: an expression of this size takes microseconds. */
const limits = { maxAstNodes: 256, maxDepth: 32, maxListElements: 32, maxMapEntries: 8, maxCallArguments: 8 };
const maxLength = 4_096;

let environment: Environment | null = null;

/** Parses and checks a rule; what is left for later is arithmetic. */
export function parseTripRule(text: string): TripRuleResult {
  if (text.length > maxLength) return mistaken(`it has more than ${maxLength} characters`);
  environment ??= counts();
  try {
    const parsed = environment.parse(text);
    const { valid, type, error } = parsed.check();
    if (!valid) return mistaken(sentenceOf(error));
    if (type !== 'bool' && type !== 'dyn') return mistaken(`it gives ${type}, not true or false`);
    const method = methodIn(parsed.ast);
    if (method !== null) return mistaken(`${method}() has no place in a rule over numbers`);
    const warning = hasCutShare(parsed.ast, environment) ? cutShare : null;
    return { rule: (now) => evaluate(parsed, now), mistake: null, warning };
  } catch (err) {
    return mistaken(sentenceOf(err));
  }
}

function mistaken(mistake: string): TripRuleResult {
  return { rule: null, mistake, warning: null };
}

function counts(): Environment {
  const fresh = new Environment({ limits });
  for (const name of variables) fresh.registerVariable(name, 'int');
  return fresh;
}

function evaluate(parsed: (context: Record<string, bigint>) => unknown, now: BreakerCounts): boolean {
  try {
    return (
      parsed({
        requests: BigInt(now.requests),
        totalSuccesses: BigInt(now.totalSuccesses),
        totalFailures: BigInt(now.totalFailures),
        consecutiveSuccesses: BigInt(now.consecutiveSuccesses),
        consecutiveFailures: BigInt(now.consecutiveFailures),
      }) === true
    );
  } catch {
    return false;
  }
}

/** Methods loop over lists (`all`, `map`) or search texts with patterns (`matches`): one rule could take minutes. */
function methodIn(node: ASTNode): string | null {
  if (node.op === 'rcall') return node.args[0];
  return childrenOf(node.args).reduce<string | null>((found, child) => found ?? methodIn(child), null);
}

const cutShare =
  'a quotient of whole numbers is a whole number, so a share of the requests is 0 until all of them failed; ' +
  'write double(totalFailures) / double(requests) > 0.5, or totalFailures * 2 > requests';

/** `totalFailures / requests`: neither `totalFailures * 100 / requests` nor `requests / 2` loses what matters. */
function hasCutShare(node: ASTNode, kinds: Environment): boolean {
  if (node.op === '/') {
    const [dividend, divisor] = node.args;
    if (dividend.op !== '*' && divisor.op !== 'value' && kinds.check(serialize(node)).type === 'int') return true;
  }
  return childrenOf(node.args).some((child) => hasCutShare(child, kinds));
}

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** The first line of an error: what follows quotes the expression. */
function sentenceOf(err: unknown): string {
  const [line = ''] = (err instanceof Error ? err.message : String(err)).split('\n');
  const unknown = /^Unknown variable: (\w{1,32})$/.exec(line)?.[1];
  if (unknown === undefined) return `${line}${placeOf(err)}`;
  const nearest = nearestName(unknown, variables);
  return `${line}; ${nearest === null ? `there are ${variables.join(', ')}` : `is ${nearest} meant?`}`;
}

/** Where the parser stopped. A limit is of the whole rule, and the place of a wrong kind that of the whole comparison. */
function placeOf(err: unknown): string {
  if (!(err instanceof ParseError) || err.range === undefined || err.message.startsWith('Exceeded ')) return '';
  return ` at character ${err.range.start + 1}`;
}

/** `trip` of a circuit breaker: a CEL expression over its counts. The only place that knows the CEL package. Pure. */
import { Environment, type ASTNode } from '@marcbachmann/cel-js';
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
  | { readonly rule: TripRule; readonly mistake: null }
  /** A sentence part: `Unknown variable: foo`. */
  | { readonly rule: null; readonly mistake: string };

export const defaultTripRule = 'consecutiveFailures > 5';

const variables = ['requests', 'totalSuccesses', 'totalFailures', 'consecutiveSuccesses', 'consecutiveFailures'];

/** It is worked out on each failed call: an expression of this size takes microseconds. */
const limits = { maxAstNodes: 256, maxDepth: 32, maxListElements: 32, maxMapEntries: 8, maxCallArguments: 8 };
const maxLength = 4_096;

let environment: Environment | null = null;

/** Parses and checks a rule; what is left for later is arithmetic. */
export function parseTripRule(text: string): TripRuleResult {
  if (text.length > maxLength) return { rule: null, mistake: `it has more than ${maxLength} characters` };
  environment ??= counts();
  try {
    const parsed = environment.parse(text);
    const { valid, type, error } = parsed.check();
    if (!valid) return { rule: null, mistake: firstLine(error) };
    if (type !== 'bool' && type !== 'dyn') return { rule: null, mistake: `it gives ${type}, not true or false` };
    const method = methodIn(parsed.ast);
    if (method !== null) return { rule: null, mistake: `${method}() has no place in a rule over numbers` };
    return { rule: (now) => evaluate(parsed, now), mistake: null };
  } catch (err) {
    return { rule: null, mistake: firstLine(err) };
  }
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

function childrenOf(args: unknown): readonly ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return isNode(args) ? [args] : [];
}

function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

/** What follows quotes the expression. */
function firstLine(err: unknown): string {
  const [line = ''] = (err instanceof Error ? err.message : String(err)).split('\n');
  const unknown = /^Unknown variable: (\w{1,32})$/.exec(line)?.[1];
  if (unknown === undefined) return line;
  const nearest = nearestName(unknown, variables);
  return `${line}; ${nearest === null ? `there are ${variables.join(', ')}` : `is ${nearest} meant?`}`;
}

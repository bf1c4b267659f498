/** What is known of an object that options are made of -> its condition. Pure. */
import type { ConditionState } from './condition.ts';
import { joinedMessages } from './joined-messages.ts';
import type { OptionReport } from './option-report.ts';

/**
 * Accepted. As in the Gateway API, an object of which a part is wrong and the rest in force is accepted, and the reason says
 * that it is not so as a whole.
 */
export function optionCondition({ findings, isPartlyUsed }: OptionReport): ConditionState {
  const type = 'Accepted';
  const errors = findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  // What is wrong comes first, so that it is not what is cut off.
  const message = joinedMessages([...errors, ...findings.filter(({ severity }) => severity === 'warning')]);
  if (first !== undefined && isPartlyUsed) return { type, status: 'True', reason: 'PartiallyInvalid', message };
  if (first !== undefined) return { type, status: 'False', reason: first.reason, message };
  if (findings.length > 0) return { type, status: 'True', reason: 'AcceptedWithWarnings', message };
  return { type, status: 'True', reason: 'Accepted', message: 'the resource is valid' };
}

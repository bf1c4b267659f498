/** What is known of one endpoint -> its conditions. Pure: no clock, no API server. */
import type { Finding } from '#shared/compile/finding.ts';
import type { ProgrammedCount } from '../push/programmed-counts.ts';
import type { ConditionState } from './condition.ts';
import type { EndpointReport } from './endpoint-report.ts';
import { joinedMessages } from './joined-messages.ts';

export interface EndpointFacts {
  readonly report: EndpointReport;
  /** Over all replicas. */
  readonly count: ProgrammedCount;
  /** Pods of the namespace have the endpoint's name as their app id. */
  readonly isAppId: boolean;
}

/** The conditions, Conflicted only when it is True. */
export function conditionsFor(facts: EndpointFacts): readonly ConditionState[] {
  const accepted = acceptedFor(facts.report);
  const resolvedRefs = resolvedRefsFor(facts.report, accepted);
  const programmed = programmedFor(facts, [accepted, resolvedRefs]);
  return [accepted, resolvedRefs, programmed, ...(facts.isAppId ? [conflictedFor(facts.report)] : [])];
}

/** `2/3`, as in the column PROXIES. */
export function proxiesFor({ entitled, programmed }: ProgrammedCount): string {
  return `${programmed}/${entitled}`;
}

function acceptedFor({ specFindings, revision }: EndpointReport): ConditionState {
  const type = 'Accepted';
  const { errors, warnings } = bySeverity(specFindings);
  const [first] = errors;
  if (first !== undefined) return { type, status: 'False', reason: first.reason, message: joinedMessages(errors) };
  if (revision === '') return { type, status: 'Unknown', reason: 'Pending', message: 'it is not compiled yet' };
  if (warnings.length > 0) {
    return { type, status: 'True', reason: 'AcceptedWithWarnings', message: joinedMessages(warnings) };
  }
  return { type, status: 'True', reason: 'Accepted', message: 'the resource is valid' };
}

function resolvedRefsFor({ referenceFindings, revision }: EndpointReport, accepted: ConditionState): ConditionState {
  const type = 'ResolvedRefs';
  const { errors, warnings } = bySeverity(referenceFindings);
  const [first] = errors;
  if (first !== undefined) return { type, status: 'False', reason: first.reason, message: joinedMessages(errors) };
  if (accepted.status === 'False') {
    const message = 'references are not followed while the resource is not accepted';
    return { type, status: 'Unknown', reason: 'NotAccepted', message };
  }
  if (revision === '') {
    const message = joinedMessages(warnings) || 'what it refers to is not read yet';
    return { type, status: 'Unknown', reason: warnings[0]?.reason ?? 'Pending', message };
  }
  if (warnings.length > 0) {
    return { type, status: 'True', reason: 'ResolvedWithWarnings', message: joinedMessages(warnings) };
  }
  return { type, status: 'True', reason: 'ResolvedRefs', message: 'everything that it refers to was found' };
}

function programmedFor(
  { report, count }: EndpointFacts,
  [accepted, resolvedRefs]: readonly [ConditionState, ConditionState],
): ConditionState {
  const type = 'Programmed';
  const { entitled, programmed } = count;
  const have = `${programmed} of ${entitled} ${entitled === 1 ? 'proxy has' : 'proxies have'} this generation`;
  if (!report.usesLastGood && (accepted.status === 'False' || resolvedRefs.status === 'False')) {
    return { type, status: 'False', reason: 'Refused', message: `${have}; calls are refused` };
  }
  if (report.revision === '') return { type, status: 'Unknown', reason: 'Pending', message: 'it is not compiled yet' };
  if (entitled === 0) {
    const message = `${have}: none that may use it is connected`;
    return { type, status: 'False', reason: 'NoProxies', message };
  }
  return programmed >= entitled
    ? { type, status: 'True', reason: 'Programmed', message: have }
    : { type, status: 'False', reason: 'Pending', message: have };
}

function conflictedFor({ name }: EndpointReport): ConditionState {
  return {
    type: 'Conflicted',
    status: 'True',
    reason: 'AppWithSameName',
    message: `pods of this namespace have the app id ${name} too; calls of that name go to this endpoint, not to the app`,
  };
}

function bySeverity(findings: readonly Finding[]): {
  readonly errors: readonly Finding[];
  readonly warnings: readonly Finding[];
} {
  return {
    errors: findings.filter(({ severity }) => severity === 'error'),
    warnings: findings.filter(({ severity }) => severity === 'warning'),
  };
}

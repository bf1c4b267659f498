/** One Resiliency by its own text, and by the policies that the others of its namespace have. Total and pure. */
import { compileResilience } from '#shared/compile/compile-resilience.ts';
import { parseResiliency } from '#shared/resources/parse-resiliency.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings, Surroundings } from './findings.ts';

/**
 * The findings about a Resiliency. What cannot be read is a mistake; a policy that no Resiliency has is a doubt, because one that
 * has it may come.
 */
export function resiliencyFindings(object: UnknownRecord, around: Surroundings): ObjectFindings {
  const { resiliency, problem } = parseResiliency(manifestFrom('Resiliency', object));
  if (resiliency === null) return { errors: [problem.message], warnings: [] };
  const others = around.resiliencies(resiliency.namespace);
  const own = new Set(resiliency.findings.map(({ message }) => message));
  const all = [...(others ?? []).filter(({ name }) => name !== resiliency.name), resiliency];
  const { problems } = compileResilience(all.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  const fromOthers = problems.filter(
    ({ subject, message, severity }) =>
      subject === resiliency.subject && !own.has(message) && (others !== null || severity === 'warning'),
  );
  return {
    errors: resiliency.findings.filter(({ severity }) => severity === 'error').map(({ message }) => message),
    warnings: [...resiliency.findings.filter(({ severity }) => severity === 'warning'), ...fromOthers].map(
      ({ message }) => message,
    ),
  };
}

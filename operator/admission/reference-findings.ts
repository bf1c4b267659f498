/** Which findings about references can be told before the Secrets are looked at. Pure. */
import type { Finding } from '#shared/compile/finding.ts';

/** About what it refers to, and still true whatever else is in the cluster: no proxy may use such a variable. */
const lastingReasons: readonly string[] = ['EnvNotAllowed'];
/** True now; a Component may come. */
const passingReasons: readonly string[] = ['SecretStoreNotFound', 'SecretStoreUnsupported'];

/** `lasting` ones are mistakes, `passing` ones doubts; the others are left out. */
export function referenceFindings(findings: readonly Finding[]): {
  readonly lasting: readonly Finding[];
  readonly passing: readonly Finding[];
} {
  const references = findings.filter(({ origin }) => origin === 'reference');
  return {
    lasting: references.filter(({ reason }) => lastingReasons.includes(reason)),
    passing: references.filter(({ reason }) => passingReasons.includes(reason)),
  };
}

/** The messages of one severity, each once. */
export function messagesOf(findings: readonly Finding[], wanted: Finding['severity']): readonly string[] {
  return [...new Set(findings.filter(({ severity }) => severity === wanted).map(({ message }) => message))];
}

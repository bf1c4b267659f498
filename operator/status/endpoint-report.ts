/** What compiling one HTTPEndpoint found: the source of its conditions. */
import type { Finding } from '#shared/compile/finding.ts';

export interface EndpointReport {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly generation: number;
  /** About the resource itself: condition Accepted. Warnings are doubtful things that work. */
  readonly specFindings: readonly Finding[];
  /** About its references: condition ResolvedRefs. */
  readonly referenceFindings: readonly Finding[];
  /** A reference broke and the last good value is still in the tables. */
  readonly usesLastGood: boolean;
  /** Revision of the entry in the tables; `''` when the endpoint is not compiled yet. */
  readonly revision: string;
  /** Empty: every app of the namespace. */
  readonly scopes: readonly string[];
}

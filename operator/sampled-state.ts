/** What the metrics read at each scrape, from parts that may not be there yet. */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '#shared/clock/clock.ts';
import type { OperatorParts } from './operator.ts';
import { optionKinds } from './status/option-report.ts';
import type { ProblemCount, SampledState, TableRevision } from './telemetry/operator-metrics.ts';

export interface SampledStateOptions {
  readonly isReady: () => boolean;
  readonly isLeader: () => boolean;
  readonly clock: Clock;
}

/** The state of these parts, as it is when it is asked for. */
export function sampledState(parts: OperatorParts, { isReady, isLeader, clock }: SampledStateOptions): SampledState {
  return {
    isReady,
    isLeader,
    objectCounts: () => objectCounts(parts),
    tableAgeMs: () => parts.book?.ageMs() ?? null,
    watchSilenceMs: () => {
      const sinceMs = parts.source?.silentSinceMs ?? null;
      return sinceMs === null ? null : clock.monotonicMs() - sinceMs;
    },
    tableRevisions: () => tableRevisions(parts),
    problemCounts: () => problemCounts(parts),
    certificateEnds: () => certificateEnds(parts),
  };
}

function objectCounts({ source }: OperatorParts): [string, number][] {
  if (source === null) return [];
  const { endpoints, resiliencies, middleware, secrets, pods, brokenConfigurations } = source.counts;
  return [
    ['endpoints', endpoints],
    ['resiliencies', resiliencies],
    ['middleware', middleware],
    ['secrets', secrets],
    ['pods', pods],
    ['broken_configurations', brokenConfigurations],
  ];
}

function* problemCounts({ book }: OperatorParts): Generator<ProblemCount> {
  if (book === null) return;
  for (const [reason, count] of book.problemCounts()) yield { kind: 'HTTPEndpoint', reason, count };
  for (const kind of optionKinds) {
    for (const [reason, count] of book.optionProblemCounts(kind)) yield { kind, reason, count };
  }
}

function* tableRevisions({ book, push }: OperatorParts): Generator<TableRevision> {
  if (book === null || push === null) return;
  for (const audience of push.audiences()) yield { ...audience, revision: book.tableFor(audience).revision };
}

function certificateEnds({ authority }: OperatorParts): [string, number][] {
  if (authority === null) return [];
  const pemsByName = { serving: authority.current().certificateChainPem, authority: authority.bundlePem() };
  // Of several, the first: the leaf of a chain, and the authority that signs.
  return Object.entries(pemsByName).map(([name, pem]) => [name, new X509Certificate(pem).validToDate.getTime()]);
}

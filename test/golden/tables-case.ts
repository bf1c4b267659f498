/**
 * Runs one golden input through the tables of the operator. Its first document says for whom; the others are applied in order.
 * `{ step: … }` begins the next step, `{ delete: <kind>, metadata: … }` deletes.
 */
import { stringify } from 'yaml';
import { z } from 'zod';
import type { Finding } from '#shared/compile/finding.ts';
import { optionCondition } from '../../operator/status/option-condition.ts';
import type { Publication } from '../../operator/tables/audience-table.ts';
import { TableBook } from '../../operator/tables/table-book.ts';
import { readDocument } from '../../proxy/source/read-document.ts';
import { splitDocuments } from '../../proxy/source/split-documents.ts';
import { ClusterFeed, type FeedObject } from '../support/cluster-feed.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { shownEndpoint } from './shown-endpoint.ts';
import { shownPipelines } from './shown-pipelines.ts';
import { shownResilience } from './shown-resilience.ts';
import { withTlsMaterial } from './tls-material.ts';

const Settings = z.strictObject({
  /** One sentence: the behaviour. */
  shows: z.string(),
  /** `namespace/appId`, or `namespace/appId with configuration`. */
  audiences: z.array(z.string().regex(/^[^/ ]+\/[^/ ]+( with [^ ]+)?$/)),
  /** What the Configuration says about the proxy itself. */
  showsOptions: z.boolean().default(false),
  /** Pipelines and Resiliency; the conditions of what they are made of. */
  showsPolicies: z.boolean().default(false),
});

type Settings = z.infer<typeof Settings>;

const metadata = z.object({ name: z.string(), namespace: z.string().default('shop') });
const Step = z.strictObject({ step: z.string() });
const Deletion = z.strictObject({ delete: z.string(), metadata });
const Pending = z.strictObject({ pending: z.literal('Secret'), metadata });
const Applied = z.looseObject({ kind: z.string(), metadata });

/** The output of a golden input. */
export function runTablesCase(input: string, material: ReadonlyMap<string, string>): string {
  const [first, ...documents] = splitDocuments(withTlsMaterial(input, material)).map(
    (part) => readDocument(part).document as Record<string, unknown>,
  );
  const settings = Settings.parse(first);
  const feed = new ClusterFeed('golden');
  const book = new TableBook({ feed, fingerprintKey: 'golden', clock: new ManualClock(), logger: memoryLogger([]) });
  feed.follow(book);
  let published: Publication | null = null;
  book.onPublished((publication) => {
    published = publication;
  });
  let step = 'at first';
  const steps: object[] = [];
  const finish = (): void => {
    published = null;
    book.flush();
    steps.push({
      step,
      ...shownTables(book, settings, material),
      ...shownReports(book, feed),
      ...(settings.showsPolicies ? shownConditions(book, feed) : {}),
      published: shownPublication(published),
    });
  };
  for (const document of documents) {
    if ('step' in document) {
      finish();
      step = Step.parse(document).step;
    } else if ('delete' in document) {
      const deletion = Deletion.parse(document);
      feed.delete({ kind: deletion.delete, metadata: deletion.metadata });
    } else if ('pending' in document) {
      feed.setReading(Pending.parse(document).metadata, { state: 'pending' });
    } else {
      feed.apply(Applied.parse(document) satisfies FeedObject);
    }
  }
  finish();
  return stringify({ steps }, { lineWidth: 120, aliasDuplicateObjects: false });
}

function shownTables(
  book: TableBook,
  { audiences, showsOptions, showsPolicies }: Settings,
  material: ReadonlyMap<string, string>,
): object {
  const shown = audiences.map((text): readonly [string, object] => {
    const [place = '', configuration = ''] = text.split(' with ');
    const [namespace = '', appId = ''] = place.split('/');
    const { shared, scoped, options } = book.tableFor({ namespace, appId, configuration });
    const endpoints = (set: typeof shared): object[] =>
      [...set.endpointsByName.values()].map((endpoint) => shownEndpoint(endpoint, material));
    const { apiAccess, apiLogging, metrics, resilience, pipelines } = options;
    return [
      text,
      {
        shared: endpoints(shared),
        scoped: endpoints(scoped),
        ...(showsOptions ? { options: { apiAccess, apiLogging, metrics } } : {}),
        ...(showsPolicies ? { ...shownPipelines(pipelines, material), ...shownResilience(resilience) } : {}),
      },
    ];
  });
  return { tables: Object.fromEntries(shown) };
}

function shownReports(book: TableBook, feed: ClusterFeed): object {
  const reports = [...feed.endpointKeys()].map((key): readonly [string, object | null] => {
    const report = book.reportFor(key);
    if (report === null) return [key, null];
    const { generation, specFindings, referenceFindings, usesLastGood, scopes } = report;
    return [
      key,
      {
        generation,
        spec: specFindings.map(shownFinding),
        references: referenceFindings.map(shownFinding),
        usesLastGood,
        scopes,
        isInTables: report.revision !== '',
      },
    ];
  });
  return { reports: Object.fromEntries(reports) };
}

/** `True PartiallyInvalid: …`, by object. */
function shownConditions(book: TableBook, feed: ClusterFeed): object {
  const shown = [...feed.optionNamespaces()].flatMap((namespace) => {
    const stored = [
      ...feed.resiliencies(namespace).map(({ name }) => ['Resiliency', name] as const),
      ...feed.middleware(namespace).map(({ name }) => ['Component', name] as const),
      ...feed.configurations(namespace).map(({ name }) => ['Configuration', name] as const),
    ];
    return stored.flatMap(([kind, name]) => {
      const report = book.optionReportFor(kind, `${namespace}/${name}`);
      if (report === null) return [];
      const { status, reason, message } = optionCondition(report);
      return [[`${kind} ${namespace}/${name}`, `${status} ${reason}: ${message}`] as const];
    });
  });
  return { conditions: Object.fromEntries(shown) };
}

function shownFinding({ severity, reason, message }: Finding): object {
  return { [severity]: reason, message };
}

function shownPublication(publication: Publication | null): object | null {
  if (publication === null) return null;
  const { namespaces, apps, endpoints } = publication;
  return { namespaces: [...namespaces], apps: [...apps], endpoints: [...endpoints] };
}

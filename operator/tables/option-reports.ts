/** What is to be said about Resiliencies, middleware Components and Configurations, brought up to date once a round. */
import type { Logger } from '#shared/logger/logger.ts';
import { optionKinds, type OptionKind, type OptionReport } from '../status/option-report.ts';
import type { ViewSources } from './compile-view.ts';
import { configurationReport } from './configuration-report.ts';
import { ReportBoard } from './report-board.ts';
import { resiliencyReports } from './resiliency-reports.ts';

export class OptionReports {
  readonly #sources: ViewSources;
  readonly #logger: Logger;
  readonly #boards: Readonly<Record<OptionKind, ReportBoard<OptionReport>>> = {
    Resiliency: newBoard(),
    Component: newBoard(),
    Configuration: newBoard(),
  };

  /** As they were put last. */
  readonly #reportsByNamespace = new Map<string, readonly OptionReport[]>();

  constructor({ logger, ...sources }: ViewSources & { readonly logger: Logger }) {
    this.#sources = sources;
    this.#logger = logger;
  }

  board(kind: OptionKind): ReportBoard<OptionReport> {
    return this.#boards[kind];
  }

  /** Brings the reports of these namespaces up to date, a little a step. */
  *update(namespaces: ReadonlySet<string>): Generator<void> {
    for (const namespace of namespaces) {
      this.#put(namespace, yield* this.#reportsIn(namespace));
    }
  }

  /** Tells who listens what changed. */
  tell(): void {
    for (const kind of optionKinds) this.#boards[kind].tell();
  }

  *#reportsIn(namespace: string): Generator<void, readonly OptionReport[]> {
    const { feed, middleware } = this.#sources;
    const ofResiliencies = yield* resiliencyReports(namespace, feed.resiliencies(namespace));
    const ofMiddleware = [...middleware.entriesIn(namespace)].map(
      ([name, { uid, generation, findings }]): OptionReport => ({
        kind: 'Component',
        namespace,
        name,
        uid,
        generation,
        findings: findings.map(({ reason, message, severity }) => ({ reason, message, severity })),
        isPartlyUsed: false,
      }),
    );
    const ofConfigurations: OptionReport[] = [];
    for (const stored of feed.configurations(namespace)) {
      const report = configurationReport(namespace, stored, middleware);
      if (report !== null) ofConfigurations.push(report);
      yield;
    }
    return [...ofResiliencies, ...ofMiddleware, ...ofConfigurations];
  }

  #put(namespace: string, reports: readonly OptionReport[]): void {
    const present = new Set(reports.map(textOf));
    for (const former of this.#reportsByNamespace.get(namespace) ?? []) {
      if (!present.has(textOf(former))) this.#boards[former.kind].set(keyOf(former), null);
    }
    if (reports.length === 0) this.#reportsByNamespace.delete(namespace);
    else this.#reportsByNamespace.set(namespace, reports);
    for (const report of reports) if (this.#boards[report.kind].set(keyOf(report), report)) this.#log(report);
  }

  /** Once a change. A Configuration that is broken is logged where it is read. */
  #log({ kind, findings, ...named }: OptionReport): void {
    const mistakes = findings.filter(
      ({ severity, reason }) => severity === 'error' && reason !== 'InvalidConfiguration',
    );
    if (mistakes.length === 0) return;
    const messages = mistakes.map(({ message }) => message).slice(0, maxLogged);
    this.#logger.warn('a resource cannot be used as it stands', { kind, resource: keyOf(named), mistakes: messages });
  }
}

function newBoard(): ReportBoard<OptionReport> {
  return new ReportBoard(({ findings }) => findings);
}

/** More mistakes of one resource are not logged at once. */
const maxLogged = 20;

function keyOf({ namespace, name }: Pick<OptionReport, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

function textOf(report: OptionReport): string {
  return `${report.kind} ${keyOf(report)}`;
}

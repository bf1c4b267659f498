/**
 * A table as the control plane sent it, beside the table that is made of it here: the first is what a Hello and the cache
 * speak of, the second, with this proxy's own environment filled in, is what serves. Immutable.
 */
import { defaultOptions } from '#shared/compile/default-options.ts';
import { fillEnvironmentHeaders } from '#shared/compile/fill-environment-headers.ts';
import { fillEnvironmentSettings } from '#shared/compile/fill-environment-settings.ts';
import type { Finding } from '#shared/compile/finding.ts';
import type { Problem } from '#shared/errors/problem.ts';
import type { Hello } from '#shared/push/push-channel.ts';
import type { Endpoint, EndpointTable, TableOptions } from '#shared/table/endpoint-table.ts';
import { configurationType } from '#shared/table/middleware.ts';

/** What headers and settings with an envRef are filled from. */
export type EnvironmentFilling = Parameters<typeof fillEnvironmentHeaders>[1];

/** Characters; the control plane reads 2 MiB. */
const maxHelloLength = 1.5 * 1024 * 1024;
/** Quotes, colon and comma. */
const pairOverhead = 6;

interface HeldParts {
  readonly receivedByName: ReadonlyMap<string, Endpoint>;
  readonly findingsByName: ReadonlyMap<string, readonly Finding[]>;
  readonly middlewareFindingsByName: ReadonlyMap<string, readonly Finding[]>;
  readonly options: TableOptions;
  readonly table: EndpointTable;
}

export class HeldTable {
  readonly receivedByName: ReadonlyMap<string, Endpoint>;
  readonly options: TableOptions;
  readonly table: EndpointTable;
  readonly #findingsByName: ReadonlyMap<string, readonly Finding[]>;
  readonly #middlewareFindingsByName: ReadonlyMap<string, readonly Finding[]>;

  private constructor(parts: HeldParts) {
    const { receivedByName, findingsByName, middlewareFindingsByName, options, table } = parts;
    this.receivedByName = receivedByName;
    this.options = options;
    this.table = table;
    this.#findingsByName = findingsByName;
    this.#middlewareFindingsByName = middlewareFindingsByName;
  }

  /** What a proxy begins with: nothing, of revision `''`. */
  static none(): HeldTable {
    const options = defaultOptions;
    const table = { revision: '', endpointsByName: new Map(), ...options };
    return new HeldTable({
      receivedByName: new Map(),
      findingsByName: new Map(),
      middlewareFindingsByName: new Map(),
      options,
      table,
    });
  }

  get isNone(): boolean {
    return this.table.revision === '';
  }

  /** Whether nothing differs from the other. */
  isSameAs(other: HeldTable): boolean {
    return this.table.revision === other.table.revision && this.receivedByName === other.receivedByName;
  }

  /** The table after these changes. Endpoints that did not change are the same objects. */
  changed(
    changesByName: ReadonlyMap<string, Endpoint | null>,
    {
      revision,
      options,
      filling,
    }: { readonly revision: string; readonly options: TableOptions; readonly filling: EnvironmentFilling },
  ): HeldTable {
    const receivedByName = this.#receivedAfter(changesByName);
    const endpointsByName = new Map<string, Endpoint>();
    const findingsByName = new Map<string, readonly Finding[]>();
    for (const [name, received] of receivedByName) {
      const known = this.receivedByName.get(name) === received ? this.table.endpointsByName.get(name) : undefined;
      const filled =
        known === undefined
          ? filledIn(received, filling)
          : { endpoint: known, findings: this.#findingsByName.get(name) ?? [] };
      endpointsByName.set(name, filled.endpoint);
      if (filled.findings.length > 0) findingsByName.set(name, filled.findings);
    }
    const { pipelines, findingsByName: middlewareFindingsByName } = fillEnvironmentSettings(options.pipelines, filling);
    const table = { ...options, pipelines, revision, endpointsByName };
    return new HeldTable({ receivedByName, findingsByName, middlewareFindingsByName, options, table });
  }

  /** What the control plane need not send again. A table too large to be named says that nothing is held. */
  hello(version: string): Hello {
    const revisions = [...this.receivedByName.values()].map(({ name, revision }) => [name, revision] as const);
    const length = revisions.reduce((sum, [name, revision]) => sum + name.length + revision.length + pairOverhead, 0);
    if (length > maxHelloLength) return { revision: '', revisionsByName: {}, version };
    return { revision: this.table.revision, revisionsByName: Object.fromEntries(revisions), version };
  }

  /**
   * Endpoints that the control plane holds for good and this proxy must not call. After them, without a name, the middleware
   * that it must refuse.
   */
  uncallable(): readonly (readonly [name: string, message: string])[] {
    const middleware = errorsIn(this.#middlewareFindingsByName).map(
      ([name, message]) => ['', `Component ${name}: ${message}`] as const,
    );
    return [...errorsIn(this.#findingsByName), ...middleware];
  }

  /** For the log: what is refused, by the control plane or here, and warnings of this proxy's own. */
  problems(namespace: string): readonly Problem[] {
    const problems: Problem[] = [];
    for (const [name, endpoint] of this.receivedByName) {
      const subject = { kind: 'HTTPEndpoint', namespace, name, location: '' };
      if (endpoint.state === 'refused') {
        problems.push({ subject, reason: endpoint.reason, message: endpoint.message, severity: 'error' });
      }
      for (const finding of this.#findingsByName.get(name) ?? []) problems.push({ subject, ...finding });
    }
    return [...problems, ...this.#middlewareProblems(namespace)];
  }

  #middlewareProblems(namespace: string): readonly Problem[] {
    const { http, app } = this.options.pipelines;
    const refused = new Map(
      [...http, ...app].flatMap((entry) => (entry.state === 'refused' ? [[entry.revision, entry] as const] : [])),
    );
    const subjectOf = (name: string): Problem['subject'] => ({ kind: 'Component', namespace, name, location: '' });
    return [
      ...[...refused.values()].map(({ name, type, reason, message }) => {
        const subject = type === configurationType ? { ...subjectOf(name), kind: type } : subjectOf(name);
        return { subject, reason, message, severity: 'error' } as const;
      }),
      ...[...this.#middlewareFindingsByName].flatMap(([name, findings]) =>
        findings.map((finding) => ({ subject: subjectOf(name), ...finding })),
      ),
    ];
  }

  #receivedAfter(changesByName: ReadonlyMap<string, Endpoint | null>): ReadonlyMap<string, Endpoint> {
    if (changesByName.size === 0) return this.receivedByName;
    const received = new Map(this.receivedByName);
    let isGrown = false;
    for (const [name, endpoint] of changesByName) {
      if (endpoint === null) received.delete(name);
      else {
        isGrown ||= !received.has(name);
        received.set(name, endpoint);
      }
    }
    return isGrown ? new Map([...received].toSorted(([a], [b]) => (a < b ? -1 : 1))) : received;
  }
}

function errorsIn(
  findingsByName: ReadonlyMap<string, readonly Finding[]>,
): readonly (readonly [name: string, message: string])[] {
  return [...findingsByName].flatMap(([name, findings]) => {
    const errors = findings.filter(({ severity }) => severity === 'error');
    return errors.length === 0 ? [] : [[name, errors.map(({ message }) => message).join('; ')] as const];
  });
}

function filledIn(
  received: Endpoint,
  filling: EnvironmentFilling,
): { readonly endpoint: Endpoint; readonly findings: readonly Finding[] } {
  if (received.state === 'refused' || received.environmentHeaders.length === 0)
    return { endpoint: received, findings: [] };
  return fillEnvironmentHeaders(received, filling);
}

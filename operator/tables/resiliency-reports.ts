/** What is to be said about the Resiliencies of a namespace. Policies of one may be named by another: an app sees only some of them. */
import { compileResilience } from '#shared/compile/compile-resilience.ts';
import type { Resiliency } from '#shared/resources/resiliency.ts';
import type { OptionFinding, OptionReport } from '../status/option-report.ts';
import { scopeSelections } from './scope-selections.ts';
import type { StoredResiliency } from './table-feed.ts';

/** A report on each, one selection of them a step. */
export function* resiliencyReports(
  namespace: string,
  stored: readonly StoredResiliency[],
): Generator<void, readonly OptionReport[]> {
  const found = new FindingsByApps();
  for (const { apps, resources } of scopeSelections(stored.flatMap(({ parsed }) => parsed.resiliency ?? []))) {
    found.look(apps, resources);
    yield;
  }
  return stored.map(({ name, parsed, uid, generation }): OptionReport => {
    const { resiliency } = parsed;
    const findings = resiliency === null ? [parsed.problem] : found.of(resiliency);
    return {
      kind: 'Resiliency',
      namespace,
      name,
      uid,
      generation,
      findings: findings.map(({ reason, message, severity }) => ({ reason, message, severity })),
      isPartlyUsed: resiliency !== null,
    };
  });
}

interface FoundForApps {
  readonly finding: OptionFinding;
  readonly apps: string[];
}

/** The same finding is said once, with the apps that it holds for where it does not hold for all. */
class FindingsByApps {
  readonly #appsByResource = new Map<string, number>();
  readonly #foundByResource = new Map<string, Map<string, FoundForApps>>();

  look(apps: readonly string[], resources: readonly Resiliency[]): void {
    for (const { name } of resources) {
      this.#appsByResource.set(name, (this.#appsByResource.get(name) ?? 0) + apps.length);
    }
    for (const { subject, reason, message, severity } of compileResilience(resources).problems) {
      const foundByText = this.#foundByResource.get(subject.name) ?? new Map<string, FoundForApps>();
      this.#foundByResource.set(subject.name, foundByText);
      const text = `${severity} ${reason} ${message}`;
      const known = foundByText.get(text);
      if (known === undefined) foundByText.set(text, { finding: { reason, message, severity }, apps: [...apps] });
      else known.apps.push(...apps);
    }
  }

  of({ name, findings: own }: Resiliency): readonly OptionFinding[] {
    const all = this.#appsByResource.get(name) ?? 0;
    // Of one that is for none of the apps that were looked at, what its own text says.
    if (all === 0) return own;
    return [...(this.#foundByResource.get(name)?.values() ?? [])].map(({ finding, apps }) =>
      apps.length === all ? finding : { ...finding, message: `${finding.message} (${whom(apps)})` },
    );
  }
}

/** So many apps are named one by one. */
const maxNamed = 3;

function whom(apps: readonly string[]): string {
  const named = apps.filter((app) => app !== '').toSorted();
  const shown = named.slice(0, maxNamed);
  const parts = [
    ...(shown.length === 0 ? [] : [`app${named.length === 1 ? '' : 's'} ${shown.join(', ')}`]),
    ...(named.length > maxNamed ? [`${named.length - maxNamed} more`] : []),
    ...(named.length < apps.length ? ['apps that no scopes name'] : []),
  ];
  return `for ${parts.join(' and ')}`;
}

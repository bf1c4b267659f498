/** What changed from one set of endpoints to another: worked out once, however many proxies go from the one to the other. */
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import type { EndpointSet } from '../tables/audience-table.ts';

export interface SetDifference {
  /** Came or changed. */
  readonly upserts: readonly Endpoint[];
  /** Names that went. */
  readonly deletes: readonly string[];
}

const noDifference: SetDifference = { upserts: [], deletes: [] };

/** Compares by revision. */
export function differenceFrom(
  revisionOf: (name: string) => string | undefined,
  { held, to }: { readonly held: Iterable<string>; readonly to: EndpointSet },
): SetDifference {
  const upserts: Endpoint[] = [];
  for (const [name, endpoint] of to.endpointsByName) if (revisionOf(name) !== endpoint.revision) upserts.push(endpoint);
  const deletes: string[] = [];
  for (const name of held) if (!to.endpointsByName.has(name)) deletes.push(name);
  return { upserts, deletes };
}

/** Remembers differences for as long as somebody has both sets: it keeps no set alive, and so no secret. */
export class SetDifferences {
  readonly #known = new WeakMap<EndpointSet, WeakMap<EndpointSet, SetDifference>>();

  /** The difference between two sets. */
  between(from: EndpointSet, to: EndpointSet): SetDifference {
    if (from === to || from.digest === to.digest) return noDifference;
    let known = this.#known.get(from);
    if (known === undefined) this.#known.set(from, (known = new WeakMap()));
    let difference = known.get(to);
    if (difference === undefined) {
      difference = differenceFrom((name) => from.endpointsByName.get(name)?.revision, {
        held: from.endpointsByName.keys(),
        to,
      });
      known.set(to, difference);
    }
    return difference;
  }
}

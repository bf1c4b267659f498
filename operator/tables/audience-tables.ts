/**
 * Puts the parts of a table together, once for all audiences that see the same. A table is kept for as long as its parts are
 * and no longer: audiences that are gone would hold former sets, and their secrets, for ever.
 */
import { digestOf } from '#shared/compile/fingerprint.ts';
import type { TableOptions } from '#shared/table/endpoint-table.ts';
import type { AudienceTable, EndpointSet } from './audience-table.ts';
import type { OptionView } from './compile-view.ts';

type TablesByOptions = WeakMap<TableOptions, AudienceTable>;

export class AudienceTables {
  readonly #known = new WeakMap<EndpointSet, WeakMap<EndpointSet, TablesByOptions>>();

  /** The table of these parts. */
  tableOf(
    { shared, scoped }: Pick<AudienceTable, 'shared' | 'scoped'>,
    { options, optionsDigest }: Pick<OptionView, 'options' | 'optionsDigest'>,
  ): AudienceTable {
    let byScoped = this.#known.get(shared);
    if (byScoped === undefined) this.#known.set(shared, (byScoped = new WeakMap()));
    let byOptions = byScoped.get(scoped);
    if (byOptions === undefined) byScoped.set(scoped, (byOptions = new WeakMap()));
    let table = byOptions.get(options);
    if (table === undefined) {
      const revision = digestOf([shared.digest, scoped.digest, optionsDigest].join('\n'));
      byOptions.set(options, (table = { revision, shared, scoped, options }));
    }
    return table;
  }
}

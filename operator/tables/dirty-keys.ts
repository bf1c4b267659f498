/** What changed since the tables were made. Bounded by what there is: a key is in it once, however often it changes. */

export interface DirtyKeys {
  /** `namespace/name`. */
  readonly endpoints: Set<string>;
  readonly secrets: Set<string>;
  /** Namespaces whose secret stores changed. */
  readonly stores: Set<string>;
  /** Namespaces whose Configurations, Resiliencies or middleware changed. */
  readonly options: Set<string>;
}

/** Nothing changed. */
export function noDirtyKeys(): DirtyKeys {
  return { endpoints: new Set(), secrets: new Set(), stores: new Set(), options: new Set() };
}

/** Whether anything changed. */
export function isDirty({ endpoints, secrets, stores, options }: DirtyKeys): boolean {
  return endpoints.size + secrets.size + stores.size + options.size > 0;
}

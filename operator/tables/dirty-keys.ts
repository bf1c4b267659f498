/** What changed since the tables were made. Bounded by what there is: a key is in it once, however often it changes. */

export interface DirtyKeys {
  /** `namespace/name`. */
  readonly endpoints: Set<string>;
  readonly secrets: Set<string>;
  readonly configurations: Set<string>;
  /** Namespaces whose secret stores changed. */
  readonly stores: Set<string>;
}

/** Nothing changed. */
export function noDirtyKeys(): DirtyKeys {
  return { endpoints: new Set(), secrets: new Set(), configurations: new Set(), stores: new Set() };
}

/** Whether anything changed. */
export function isDirty({ endpoints, secrets, configurations, stores }: DirtyKeys): boolean {
  return endpoints.size + secrets.size + configurations.size + stores.size > 0;
}

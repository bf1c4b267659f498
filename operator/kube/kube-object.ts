/** What every object of the API server has, as far as the operator reads it. */

export interface ObjectMeta {
  readonly name: string;
  /** Absent on cluster-wide objects. */
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** When all owners of an object are gone, the cluster's garbage collector removes it. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  /** Whether this one made the object and would make another. */
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** Anything with metadata. Whatever else it holds is unknown until a parser of shared/resources has read it. */
export interface KubeObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: ObjectMeta;
  readonly [field: string]: unknown;
}

/** A kind, as its URL names it: group `''` is the core group. */
export interface ResourceType {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

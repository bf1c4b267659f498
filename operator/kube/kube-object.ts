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

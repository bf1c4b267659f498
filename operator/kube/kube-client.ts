/** One door to the API server: authenticated, verified JSON requests, each with a time limit, each failure a LinkError. */
import type { KubeObject, OwnerReference, ResourceType } from './kube-object.ts';

/** Which object: without a namespace it is cluster-wide. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

export interface RequestOptions {
  readonly signal: AbortSignal;
}

export interface GetOptions extends RequestOptions {
  /** Ask only for metadata (PartialObjectMetadata). */
  readonly isMetadataOnly?: boolean;
}

export interface CreateOptions extends RequestOptions {
  /** `eviction` asks for a Pod to be removed as far as its disruption budget allows; status 429: not now. */
  readonly subresource?: 'eviction';
}

export interface ApplyOptions extends RequestOptions {
  readonly fieldManager: string;
  /** Take over fields that another manager owns. */
  readonly force: boolean;
  /** `status` applies to the status subresource. */
  readonly subresource?: 'status';
}

export interface DeleteOptions extends RequestOptions {
  /** Fails with status 409 when the object is another by now. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/**
 * Every method throws LinkError: `kind` transient or fatal, `status` of the answer, `retryAfterMs` where it was told. Nothing is tried
 * again, except that a request which is answered 401 is sent once more with credentials that are read anew.
 */
export interface KubeClient {
  get(type: ResourceType, key: ObjectKey, options: GetOptions): Promise<KubeObject>;
  create(type: ResourceType, object: NewObject, options: CreateOptions): Promise<KubeObject>;
  /** PUT: fails with status 409 when the resourceVersion is not the present one. */
  replace(type: ResourceType, object: KubeObject, options: RequestOptions): Promise<KubeObject>;
  /** Server-side apply. */
  apply(type: ResourceType, object: NewObject, options: ApplyOptions): Promise<KubeObject>;
  delete(type: ResourceType, key: ObjectKey, options: DeleteOptions): Promise<void>;
}

/** `1.36`: for a comparison of what the API server knows. */
export interface ServerVersion {
  readonly major: number;
  readonly minor: number;
}

export interface VersionReader {
  /** Throws LinkError. */
  serverVersion(options: RequestOptions): Promise<ServerVersion>;
}

/** What the API server serves, for kinds that may be installed in different shapes. */
export interface Discovery {
  /**
   * Names of the resources of a group and version, subresources included (`httpendpoints/status`); empty: there are none.
   * Throws LinkError.
   */
  resourceNames(
    groupVersion: Pick<ResourceType, 'group' | 'version'>,
    options: RequestOptions,
  ): Promise<ReadonlySet<string>>;
}

/** An object on its way to the API server, without what the server fills in. */
export interface NewObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly generateName?: string;
    readonly namespace?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

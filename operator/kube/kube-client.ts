/** One door to the API server: authenticated, verified JSON requests, each with a time limit, each failure a LinkError. */
import type { KubeObject, ResourceType } from './kube-object.ts';

/** Which object: without a namespace it is cluster-wide. */
export interface ObjectKey {
  readonly namespace?: string;
  readonly name: string;
}

export interface RequestOptions {
  readonly signal: AbortSignal;
}

export interface ApplyOptions extends RequestOptions {
  readonly fieldManager: string;
  /** Take over fields that another manager owns. */
  readonly force: boolean;
  /** `status` applies to the status subresource. */
  readonly subresource?: 'status';
}

/** Every method throws LinkError: `kind` transient or fatal, `status` of the answer, `retryAfterMs` where it was told. */
export interface KubeClient {
  get(type: ResourceType, key: ObjectKey, options: RequestOptions): Promise<KubeObject>;
  create(type: ResourceType, object: NewObject, options: RequestOptions): Promise<KubeObject>;
  /** PUT: fails with status 409 when the resourceVersion is not the present one. */
  replace(type: ResourceType, object: KubeObject, options: RequestOptions): Promise<KubeObject>;
  /** Server-side apply. */
  apply(type: ResourceType, object: NewObject, options: ApplyOptions): Promise<KubeObject>;
  delete(type: ResourceType, key: ObjectKey, options: RequestOptions): Promise<void>;
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
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

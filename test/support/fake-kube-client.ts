/** An API server in memory, as far as a KubeClient sees one: versions, 404, 409, and the failures that a test asks for. */
import type { LinkError } from '#shared/errors/link-error.ts';
import type {
  ApplyOptions,
  CreateOptions,
  DeleteOptions,
  Discovery,
  KubeClient,
  NewObject,
  ObjectKey,
  RequestOptions,
  ServerVersion,
  VersionReader,
} from '../../operator/kube/kube-client.ts';
import type { ListPage, ObjectQuery, ObjectSource, PageOptions } from '../../operator/kube/object-source.ts';
import type { KubeObject, ObjectMeta, ResourceType } from '../../operator/kube/kube-object.ts';
import { linkError } from './link-error.ts';

export interface FakeCall {
  readonly verb: 'get' | 'create' | 'replace' | 'apply' | 'delete' | 'evict' | 'list';
  /** `plural/namespace/name` */
  readonly path: string;
}

interface FakeContent {
  readonly metadata: Partial<ObjectMeta>;
  readonly [field: string]: unknown;
}

export class FakeKubeClient implements KubeClient, Discovery, VersionReader, Pick<ObjectSource, 'listPage'> {
  readonly calls: FakeCall[] = [];
  /** Asked before each call; what it returns is thrown. */
  failure: (call: FakeCall) => LinkError | null = () => null;
  /** Answers TokenReviews, which are not kept: `spec` to `status`, or a promise of it. */
  review: (spec: TokenReviewSpec) => unknown = () => ({ authenticated: false });
  version: ServerVersion = { major: 1, minor: 36 };
  readonly #objects = new Map<string, KubeObject>();
  #version = 0;

  /** What is there, by `plural/namespace/name`. */
  object(path: string): KubeObject | undefined {
    return this.#objects.get(path);
  }

  /** Writes as somebody else does. */
  put(path: string, object: FakeContent): KubeObject {
    return this.#store(path, object);
  }

  remove(path: string): void {
    this.#objects.delete(path);
  }

  countOf(verb: FakeCall['verb'], plural: string): number {
    return this.calls.filter((call) => call.verb === verb && call.path.startsWith(`${plural}/`)).length;
  }

  async get(type: ResourceType, key: ObjectKey, _options: RequestOptions): Promise<KubeObject> {
    const path = this.#called('get', pathOf(type, key));
    const object = this.#objects.get(path);
    if (object === undefined) throw linkError(404);
    return object;
  }

  async create(type: ResourceType, object: NewObject, { subresource }: CreateOptions): Promise<KubeObject> {
    if (subresource === 'eviction') return this.#evict(type, object);
    const path = this.#called('create', pathOf(type, object.metadata));
    if (type.plural === 'tokenreviews') {
      const status = await this.review(object['spec'] as TokenReviewSpec);
      return { metadata: { name: '', uid: '', resourceVersion: '' }, status };
    }
    if (this.#objects.has(path)) throw linkError(409);
    return this.#store(path, object);
  }

  async replace(type: ResourceType, object: KubeObject, _options: RequestOptions): Promise<KubeObject> {
    const path = this.#called('replace', pathOf(type, object.metadata));
    const present = this.#objects.get(path);
    if (present === undefined) throw linkError(404);
    if (present.metadata.resourceVersion !== object.metadata.resourceVersion) throw linkError(409);
    return this.#store(path, object);
  }

  async apply(type: ResourceType, object: NewObject, _options: ApplyOptions): Promise<KubeObject> {
    const path = this.#called('apply', pathOf(type, object.metadata));
    const present = this.#objects.get(path);
    return this.#store(path, { ...present, ...object, metadata: { ...present?.metadata, ...object.metadata } });
  }

  async delete(type: ResourceType, key: ObjectKey, { preconditions = {} }: DeleteOptions): Promise<void> {
    const path = this.#called('delete', pathOf(type, key));
    const present = this.#objects.get(path);
    if (present === undefined) throw linkError(404);
    const { uid, resourceVersion } = present.metadata;
    const isAnother =
      (preconditions.uid ?? uid) !== uid || (preconditions.resourceVersion ?? resourceVersion) !== resourceVersion;
    if (isAnother) throw linkError(409);
    this.#objects.delete(path);
  }

  /** Everything of the kind in one page, but for those with a label that the selector `key!=value` names. */
  async listPage({ type, namespace, labelSelector }: ObjectQuery, _options: PageOptions): Promise<ListPage> {
    const path = this.#called('list', pathOf(type, { namespace }));
    const [key = '', value = ''] = labelSelector.split('!=');
    const objects = [...this.#objects]
      .filter(([at]) => at.startsWith(namespace === '' ? `${type.plural}/` : path))
      .map(([, object]) => object)
      .filter(({ metadata }) => value === '' || metadata.labels?.[key] !== value);
    return { state: 'read', objects, resourceVersion: String(this.#version), continueToken: '' };
  }

  async serverVersion(): Promise<ServerVersion> {
    return this.version;
  }

  async resourceNames(): Promise<ReadonlySet<string>> {
    return new Set(['httpendpoints', 'httpendpoints/status']);
  }

  #evict(type: ResourceType, { metadata }: NewObject): KubeObject {
    const path = this.#called('evict', pathOf(type, metadata));
    if (!this.#objects.delete(path)) throw linkError(404);
    return { metadata: { name: '', uid: '', resourceVersion: '' } };
  }

  #called(verb: FakeCall['verb'], path: string): string {
    const call = { verb, path };
    this.calls.push(call);
    const failure = this.failure(call);
    if (failure !== null) throw failure;
    return path;
  }

  #store(path: string, object: FakeContent): KubeObject {
    this.#version += 1;
    const { name = '' } = object.metadata;
    const uid = this.#objects.get(path)?.metadata.uid ?? `uid-${path}`;
    const stored: KubeObject = {
      ...object,
      metadata: { uid, ...object.metadata, name, resourceVersion: String(this.#version) },
    };
    this.#objects.set(path, stored);
    return stored;
  }
}

export interface TokenReviewSpec {
  readonly token: string;
  readonly audiences: readonly string[];
}

function pathOf({ plural }: ResourceType, { namespace = '', name = '' }: Partial<ObjectKey>): string {
  return `${plural}/${namespace}/${name}`;
}

/** The KubeClient and ObjectSource of a real API server. They ask only for what permissions.ts declares. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import { createApiRequests, type ApiRequest } from './api-requests.ts';
import type { ClusterAccess } from './cluster-access.ts';
import type { Discovery, KubeClient, NewObject, VersionReader } from './kube-client.ts';
import type { KubeObject, ResourceType } from './kube-object.ts';
import type { ListPage, ObjectQuery, ObjectSource } from './object-source.ts';
import { isDeclared, type Verb } from './permissions.ts';
import { anyObjectFrom, pageFrom, resourceNamesFrom, serverVersionFrom } from './read-object.ts';
import { groupVersionPath, kindName, resourcePath } from './resource-path.ts';

export interface KubeClientOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  /** Defaults to 30 s. */
  readonly requestTimeoutMs?: number;
}

export interface ApiServerClient extends KubeClient, ObjectSource, Discovery, VersionReader {
  /** Ends all connections. */
  close(): Promise<void>;
}

interface Target {
  readonly type: ResourceType;
  /** `''`: none, or all. */
  readonly namespace: string;
  /** `''`: the collection. */
  readonly name: string;
  readonly subresource?: 'status' | 'eviction';
  readonly isMetadataOnly?: boolean;
}

/** etcd takes objects of 1.5 MiB; JSON and bookkeeping make more of them. */
const maxObjectBytes = 8 * 1024 * 1024;
const maxPageBytes = 32 * 1024 * 1024;

const json = 'application/json';
const partial = `${json};g=meta.k8s.io;v=v1;as=PartialObjectMetadata`;

const verbs: Readonly<Record<Exclude<Verb, 'list' | 'watch'>, ApiRequest['method']>> = {
  get: 'GET',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
};

/** Connects with the first request. */
export function createKubeClient({ access, clock, requestTimeoutMs = 30_000 }: KubeClientOptions): ApiServerClient {
  const requests = createApiRequests({ access, clock, timeoutMs: requestTimeoutMs });

  const askObject = async (request: ApiRequest): Promise<KubeObject> => {
    const text = await requests.ask(request, maxObjectBytes);
    const object = text === null ? null : anyObjectFrom(text);
    if (object === null) throw unusable(request, text === null ? 'is too large' : 'is no object');
    return object;
  };

  return {
    get: async (type, { namespace = '', name }, { signal, isMetadataOnly = false }) =>
      askObject(requestFor('get', { type, namespace, name, isMetadataOnly }, { signal })),
    create: async (type, object, { signal, subresource }) => {
      const target = targetOf(type, object);
      const place = subresource === undefined ? { ...target, name: '' } : { ...target, subresource };
      return askObject(requestFor('create', place, { body: object, signal }));
    },
    replace: async (type, object, { signal }) =>
      askObject(requestFor('update', targetOf(type, object), { body: object, signal })),
    apply: async (type, object, { signal, fieldManager, force, subresource }) =>
      askObject(
        requestFor(
          'patch',
          { ...targetOf(type, object), ...(subresource === undefined ? {} : { subresource }) },
          {
            query: { fieldManager, force: String(force) },
            body: object,
            // The type that server-side apply has; JSON is YAML.
            contentType: 'application/apply-patch+yaml',
            signal,
          },
        ),
      ),
    async delete(type, { namespace = '', name }, { signal, preconditions }) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      await requests.ask(requestFor('delete', { type, namespace, name }, { body, signal }), maxObjectBytes);
    },
    async serverVersion({ signal }) {
      const request: ApiRequest = { name: 'GET /version', method: 'GET', path: '/version', accept: json, signal };
      const version = serverVersionFrom((await requests.ask(request, maxObjectBytes)) ?? '');
      if (version === null) throw unusable(request, 'is no version');
      return version;
    },
    async resourceNames(groupVersion, { signal }) {
      const path = groupVersionPath(groupVersion);
      const request: ApiRequest = { name: `GET ${path}`, method: 'GET', path, accept: json, signal };
      try {
        const text = await requests.ask(request, maxObjectBytes);
        const names = text === null ? null : resourceNamesFrom(text);
        if (names === null) throw unusable(request, 'is no list of resources');
        return names;
      } catch (error) {
        if (error instanceof LinkError && error.status === 404) return new Set();
        throw error;
      }
    },
    async listPage(query, { limit, continueToken, signal }): Promise<ListPage> {
      const request = collectionRequest('list', query, {
        query: { limit: String(limit), ...(continueToken === '' ? {} : { continue: continueToken }) },
        signal,
      });
      const text = await requests.ask(request, maxPageBytes);
      if (text === null) return { state: 'too-large' };
      const page = pageFrom(text);
      if (page === null) throw unusable(request, 'is no list of objects');
      return { state: 'read', ...page };
    },
    watch: async (query, { resourceVersion, timeoutSeconds, signal }) =>
      requests.open(
        collectionRequest('watch', query, {
          query: {
            watch: '1',
            allowWatchBookmarks: 'true',
            resourceVersion,
            timeoutSeconds: String(timeoutSeconds),
          },
          signal,
        }),
      ),
    close: () => requests.close(),
  };
}

type RequestParts = Pick<ApiRequest, 'body' | 'contentType' | 'signal'> & {
  readonly query?: Readonly<Record<string, string>>;
};

function requestFor(verb: keyof typeof verbs, target: Target, { query = {}, ...rest }: RequestParts): ApiRequest {
  const { type, namespace, name, subresource = '', isMetadataOnly = false } = target;
  const where = [namespace, name].filter((part) => part !== '').join('/');
  const shown = `${verbs[verb]} ${kindName(type)}${subresource === '' ? '' : `/${subresource}`} ${where}`.trimEnd();
  assertDeclared(shown, { type, verb, subresource, name });
  if (verb !== 'create' || subresource !== '') assertPossible(shown, name);
  const search = new URLSearchParams(query).toString();
  return {
    ...rest,
    name: shown,
    method: verbs[verb],
    path: `${resourcePath(type, { namespace, name, subresource })}${search === '' ? '' : `?${search}`}`,
    accept: isMetadataOnly ? partial : json,
  };
}

function collectionRequest(
  verb: 'list' | 'watch',
  { type, namespace, labelSelector, fieldSelector = '', isMetadataOnly }: ObjectQuery,
  { query = {}, signal }: RequestParts,
): ApiRequest {
  const name = `${verb} ${kindName(type)} ${namespace === '' ? 'everywhere' : `in ${namespace}`}`;
  assertDeclared(name, { type, verb, subresource: '', name: '' });
  const search = new URLSearchParams({
    ...query,
    ...(labelSelector === '' ? {} : { labelSelector }),
    ...(fieldSelector === '' ? {} : { fieldSelector }),
  });
  return {
    name,
    method: 'GET',
    path: `${resourcePath(type, { namespace, name: '' })}?${search.toString()}`,
    accept: isMetadataOnly ? `${partial}${verb === 'list' ? 'List' : ''}` : json,
    signal,
  };
}

/** RBAC would refuse it in a real cluster: found here it is found in every test. */
function assertDeclared(shown: string, access: Parameters<typeof isDeclared>[0]): void {
  if (!isDeclared(access)) throw new Error(`bug: permissions.ts does not declare "${shown}" (${access.verb})`);
}

/** What users reference may be any text. These would be the collection, or another place. */
function assertPossible(shown: string, name: string): void {
  if (name !== '' && name !== '.' && name !== '..' && !/[/%]/.test(name)) return;
  throw new LinkError(`${shown}: no object can have this name`, { kind: 'fatal', status: 404, retryAfterMs: 0 });
}

function targetOf(type: ResourceType, { metadata }: NewObject | KubeObject): Target {
  return { type, namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

function unusable({ name }: ApiRequest, what: string): LinkError {
  return new LinkError(`${name}: the answer of the API server ${what}`, {
    kind: 'transient',
    status: 0,
    retryAfterMs: 0,
  });
}

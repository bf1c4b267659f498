/**
 * Compares what a proxy holds with what the API server holds. It works out by itself what the proxy should have, from the
 * objects alone, with nothing of the compiler.
 */
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import type { ControlPlane } from '../support/start-control-plane.ts';
import type { Subscriber } from './soak-site.ts';

interface StoredEndpoint {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly baseUrl: string;
    readonly headers?: readonly { readonly secretKeyRef: { readonly name: string } }[];
  };
  readonly scopes?: readonly string[];
}

interface StoredSecret {
  readonly metadata: { readonly name: string };
  readonly data: { readonly token: string };
}

/** What is in a namespace, as the API server says. */
export interface NamespaceContent {
  readonly endpoints: readonly StoredEndpoint[];
  readonly tokensBySecret: ReadonlyMap<string, string>;
}

/** Reads it. */
export async function readNamespace(controlPlane: ControlPlane, namespace: string): Promise<NamespaceContent> {
  const endpoints = await controlPlane.mustRequest<{ readonly items: readonly StoredEndpoint[] }>({
    method: 'GET',
    path: `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints`,
  });
  const secrets = await controlPlane.mustRequest<{ readonly items: readonly StoredSecret[] }>({
    method: 'GET',
    path: `/api/v1/namespaces/${namespace}/secrets`,
  });
  return {
    endpoints: endpoints.items,
    tokensBySecret: new Map(
      secrets.items.map(({ metadata, data }) => [metadata.name, Buffer.from(data.token, 'base64').toString('utf8')]),
    ),
  };
}

/** Every difference, a sentence each; empty when the proxy holds what it should. */
export function differencesOf(
  subscriber: Subscriber,
  { endpoints, tokensBySecret }: NamespaceContent,
  valuesOf: (secret: string) => ReadonlySet<string>,
): readonly string[] {
  const { namespace, appId } = subscriber;
  const held = new Map(subscriber.table()?.endpointsByName);
  const differences: string[] = [];
  for (const stored of endpoints) {
    const { name } = stored.metadata;
    const entry = held.get(name);
    held.delete(name);
    const scopes = stored.scopes ?? [];
    const isEntitled = scopes.length === 0 || scopes.includes(appId);
    const mistake = isEntitled
      ? mistakeIn(entry, stored)
      : entry === undefined
        ? null
        : 'is held and is not for this app';
    if (mistake !== null) differences.push(`${namespace}/${appId}: ${name} ${mistake}`);
  }
  for (const name of held.keys()) differences.push(`${namespace}/${appId}: ${name} is held and does not exist`);
  return differences;

  function mistakeIn(entry: Endpoint | undefined, stored: StoredEndpoint): string | null {
    if (entry === undefined) return 'is missing';
    const secret = stored.spec.headers?.[0]?.secretKeyRef.name ?? null;
    const token = secret === null ? null : (tokensBySecret.get(secret) ?? null);
    if (entry.state === 'refused') {
      return secret !== null && token === null ? null : `is refused: ${entry.reason} ${entry.message}`;
    }
    const url = entry.baseUrl.origin + entry.baseUrl.path;
    if (url !== stored.spec.baseUrl) return `goes to ${url} instead of ${stored.spec.baseUrl}`;
    const sent = entry.headers.find((header) => header.name === 'X-Token')?.value.reveal() ?? null;
    if (secret === null) return sent === null ? null : 'has a token that it should not have';
    // A Secret that is gone leaves its last good value, whichever of those it had that was.
    const isRight = token === null ? sent !== null && valuesOf(`${namespace}/${secret}`).has(sent) : sent === token;
    return isRight ? null : `has the token ${sent} instead of ${token ?? 'one that its Secret had'}`;
  }
}

/** Objects as an API server holds them, for tests of the operator's tables. */
import type { FeedObject } from './cluster-feed.ts';

export interface EndpointFields {
  readonly namespace?: string;
  readonly baseUrl?: string;
  readonly headers?: readonly object[];
  readonly scopes?: readonly string[];
  readonly secretStore?: string;
}

/** An HTTPEndpoint, in namespace shop unless it says otherwise. */
export function endpointObject(name: string, fields: EndpointFields = {}): FeedObject {
  const { namespace = 'shop', baseUrl = `https://${name}.example`, headers = [], scopes = [], secretStore } = fields;
  return {
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'HTTPEndpoint',
    metadata: { name, namespace },
    spec: { baseUrl, headers },
    scopes,
    ...(secretStore === undefined ? {} : { auth: { secretStore } }),
  };
}

/** A header that takes a key of a Secret. */
export function secretHeader(secret: string, key: string, header = 'Authorization'): object {
  return { name: header, secretKeyRef: { name: secret, key } };
}

/** A Secret with these values as text. */
export function secretObject(name: string, texts: Readonly<Record<string, string>>, namespace = 'shop'): FeedObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, stringData: texts };
}

/** A Configuration with this spec. */
export function configurationObject(name: string, spec: object, namespace = 'shop'): FeedObject {
  return { apiVersion: 'dapr.io/v1alpha1', kind: 'Configuration', metadata: { name, namespace }, spec };
}

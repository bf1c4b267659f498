/**
 * Which keys of which Secrets an endpoint or a middleware takes values from. What it names and does not use is left out: nobody
 * reads that. Pure.
 */
import { chooseHeaders } from '#shared/compile/compile-headers.ts';
import { secretKeyRefOf } from '#shared/compile/look-up-value.ts';
import type { Component } from '#shared/resources/component.ts';
import type { HttpEndpoint, ValueSource } from '#shared/resources/http-endpoint.ts';
import type { ParsedEndpoint } from '#shared/resources/parse-http-endpoint.ts';

export interface SecretUse {
  /** As messages name it: `header Authorization`, `clientTLS.rootCA`. */
  readonly field: string;
  readonly secretName: string;
  readonly key: string;
}

export interface SecretReference {
  /** `namespace/name`. */
  readonly secret: string;
  readonly key: string;
}

/** The uses of an endpoint, in the order of its fields. */
export function secretUsesOf(endpoint: HttpEndpoint): readonly SecretUse[] {
  const { clientTls } = endpoint;
  const sources: (readonly [field: string, source: ValueSource | null])[] = chooseHeaders(
    endpoint,
    () => undefined,
  ).map(({ name, source }) => [`header ${name}`, source]);
  // Without https nothing of clientTLS is used, and so nothing of it is asked for.
  if (clientTls !== null && !/^http:/i.test(endpoint.baseUrl)) {
    sources.push(['clientTLS.rootCA', clientTls.rootCa]);
    sources.push(['clientTLS.certificate', clientTls.certificate]);
    sources.push(['clientTLS.privateKey', clientTls.privateKey]);
  }
  return sources.flatMap(([field, source]) => {
    const reference = source === null ? null : secretKeyRefOf(source);
    return reference === null ? [] : [{ field, secretName: reference.name, key: reference.key }];
  });
}

/** What a middleware of a cluster references, in the order of its settings; the same key may come more than once. */
export function middlewareReferencesOf({ namespace, metadata }: Component): readonly SecretReference[] {
  return metadata.flatMap(({ source }) => {
    const reference = secretKeyRefOf(source);
    return reference === null ? [] : [{ secret: `${namespace}/${reference.name}`, key: reference.key }];
  });
}

/** What an endpoint of a cluster references, in the order of its fields; the same key may come more than once. */
export function secretReferencesOf(parsed: ParsedEndpoint): readonly SecretReference[] {
  if (parsed.state !== 'valid') return [];
  const { namespace } = parsed.endpoint;
  return secretUsesOf(parsed.endpoint).map(({ secretName, key }) => ({ secret: `${namespace}/${secretName}`, key }));
}

/** Objects as the API server shows them, for tests. */
import type { KubeObject } from '../../operator/kube/kube-object.ts';

export interface ObjectOptions {
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Any object; `fields` beside its metadata. */
export function kubeObject(
  name: string,
  options: ObjectOptions = {},
  fields: Readonly<Record<string, unknown>> = {},
): KubeObject {
  const { namespace = 'default', uid = `uid-${namespace}-${name}`, resourceVersion = '1', ...rest } = options;
  return { ...fields, metadata: { name, namespace, uid, resourceVersion, ...rest } };
}

/** An HTTPEndpoint with one header from a Secret, when one is named. */
export function endpointObject(
  name: string,
  options: ObjectOptions & { readonly secret?: string; readonly baseUrl?: string } = {},
): KubeObject {
  const { secret, baseUrl = 'https://far.example', ...rest } = options;
  const headers = secret === undefined ? [] : [{ name: 'X-Token', secretKeyRef: { name: secret, key: 'token' } }];
  return kubeObject(
    name,
    { generation: 1, ...rest },
    { apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint', spec: { baseUrl, headers } },
  );
}

/** A Secret with its values, as a GET answers it. */
export function secretObject(
  name: string,
  texts: Readonly<Record<string, string>>,
  options: ObjectOptions = {},
): KubeObject {
  const entries = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
  return kubeObject(name, options, { apiVersion: 'v1', kind: 'Secret', data: Object.fromEntries(entries) });
}

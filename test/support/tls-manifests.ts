/** Manifests with TLS material and secrets, for tests. JSON, which is YAML too, keeps every byte of a PEM. */

export type Source = { readonly value: string } | { readonly secret: string; readonly key: string };

export interface EndpointOptions {
  readonly name: string;
  readonly baseUrl: string;
  readonly headers?: Readonly<Record<string, Source>>;
  readonly rootCa?: Source;
  readonly certificate?: Source;
  readonly privateKey?: Source;
  readonly scopes?: readonly string[];
}

/** One HTTPEndpoint. Its secrets come from Secret manifests. */
export function endpointManifest(options: EndpointOptions): string {
  const { name, baseUrl, headers = {}, rootCa, certificate, privateKey, scopes } = options;
  const tls = { rootCA: spec(rootCa), certificate: spec(certificate), privateKey: spec(privateKey) };
  const hasTls = Object.values(tls).some((source) => source !== undefined);
  return JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'HTTPEndpoint',
    metadata: { name },
    auth: { secretStore: 'kubernetes' },
    spec: {
      baseUrl,
      headers: Object.entries(headers).map(([header, source]) => ({ name: header, ...spec(source) })),
      ...(hasTls ? { clientTLS: tls } : {}),
    },
    ...(scopes === undefined ? {} : { scopes }),
  });
}

/** What an endpoint says that brings a client certificate in the manifest itself. */
export function inlineIdentity(client: {
  readonly chainPem: string;
  readonly privateKeyPem: string;
}): Pick<EndpointOptions, 'certificate' | 'privateKey'> {
  return { certificate: { value: client.chainPem }, privateKey: { value: client.privateKeyPem } };
}

/** One Kubernetes Secret. */
export function secretManifest(name: string, values: Readonly<Record<string, string>>): string {
  const data = Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]);
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name },
    data: Object.fromEntries(data) as object,
  });
}

/** Several documents in one file. */
export function documents(...manifests: readonly string[]): string {
  return `${manifests.join('\n---\n')}\n`;
}

function spec(source: Source | undefined): object | undefined {
  if (source === undefined) return undefined;
  return 'value' in source ? source : { secretKeyRef: { name: source.secret, key: source.key } };
}

/** Manifests for tests. */

/** One HTTPEndpoint without headers or TLS. */
export function httpEndpoint(name: string, baseUrl: string): string {
  return [
    'apiVersion: dapr.io/v1alpha1',
    'kind: HTTPEndpoint',
    `metadata: { name: ${JSON.stringify(name)} }`,
    `spec: { baseUrl: ${JSON.stringify(baseUrl)} }`,
    '',
  ].join('\n');
}

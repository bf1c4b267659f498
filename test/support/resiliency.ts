/** Resiliency manifests for tests. */

/** `policies` and `targets` in YAML's flow style: `{ retries: { r: { policy: constant } } }`. */
export function resiliency(policies: string, apps: string): string {
  return [
    'apiVersion: dapr.io/v1alpha1',
    'kind: Resiliency',
    'metadata: { name: limits }',
    'spec:',
    `  policies: ${policies}`,
    `  targets: { apps: ${apps} }`,
    '',
  ].join('\n');
}

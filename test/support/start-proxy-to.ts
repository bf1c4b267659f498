/** A proxy with a single endpoint, `far`. */
import { startTestProxy, type TestProxy, type TestProxyOptions } from './start-test-proxy.ts';
import { endpointManifest, type EndpointOptions } from './tls-manifests.ts';

/** Where a test calls it. */
export const farPath = '/v1.0/invoke/far/method/x';

/** Starts it; it ends with the test. */
export function startProxyTo(
  endpoint: Omit<EndpointOptions, 'name'>,
  options: Omit<TestProxyOptions, 'resources'> = {},
): Promise<TestProxy> {
  return startTestProxy({ ...options, resources: { 'far.yaml': endpointManifest({ name: 'far', ...endpoint }) } });
}

/** The schema of Resiliency on a real API server: what it has beyond Dapr's. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import type { ControlPlaneClient } from './support/connect-control-plane.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';

let cluster: ControlPlaneClient;
let namespace = '';

beforeAll(async () => {
  cluster = sharedControlPlane();
  namespace = await cluster.createNamespace('resiliency-crd');
});

afterAll(() => cluster.close());

/** What the API server would keep, or its refusal. */
function post(body: UnknownRecord): Promise<{ readonly status: number; readonly body: UnknownRecord }> {
  const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/resiliencies?dryRun=All`;
  return cluster.request<UnknownRecord>({ method: 'POST', path, body });
}

describe('a Resiliency', () => {
  const withRetry = (retry: UnknownRecord): UnknownRecord => ({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Resiliency',
    metadata: { name: 'x', namespace },
    spec: { policies: { retries: { r: retry } }, targets: {} },
  });

  test('keeps what retries have beyond Dapr', async () => {
    const document = withRetry({
      policy: 'exponential',
      initialInterval: '100ms',
      multiplier: 2.5,
      maxInterval: '10s',
      jitter: 'full',
      maxElapsedTime: '1m',
      matching: { httpStatusCodes: '429, 502-504', httpMethods: 'POST' },
    });
    const { status, body } = await post(document);
    expect(status).toBe(201);
    expect(body['spec']).toEqual(document['spec']);
  });

  test.each([
    [{ jitter: 'some' }, 'spec.policies.retries.r.jitter: Unsupported value'],
    [{ multiplier: 0.5 }, 'spec.policies.retries.r.multiplier: Invalid value'],
    [{ maxRetries: 1.5 }, 'spec.policies.retries.r.maxRetries: Invalid value'],
  ])('with %o is refused', async (retry, sentence) => {
    const { status, body } = await post(withRetry(retry));
    expect(status).toBe(422);
    expect(body['message']).toContain(sentence);
  });
});

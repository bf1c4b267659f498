/** HTTPEndpoint as Dapr installs it: no status, no rules, no columns. Made from ours, so that the fields cannot drift apart. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { waitUntil } from '../../support/start-test-proxy.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';

const file = join(import.meta.dirname, '../../../crds/httpendpoint.yaml');
const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const ours = new Set([
  'status',
  'subresources',
  'additionalPrinterColumns',
  'shortNames',
  'categories',
  'x-kubernetes-validations',
  'maxItems',
  'maxLength',
]);

/** Installs it and waits until objects of it can be made. */
export async function installDaprCrd(client: ControlPlaneClient): Promise<void> {
  const text = JSON.stringify(parse(readFileSync(file, 'utf8')), (key, value: unknown) =>
    ours.has(key) ? undefined : value,
  );
  await client.mustRequest({ path, body: JSON.parse(text) });
  await waitUntil(async () => {
    const list = await client.request({ path: '/apis/dapr.io/v1alpha1/httpendpoints' });
    return list.status === 200;
  });
}

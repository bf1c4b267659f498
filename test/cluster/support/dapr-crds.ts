/** The kinds as Dapr installs them: no status, no rules, no columns, fewer fields. Made from ours, so that the rest cannot drift apart. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';

const folder = join(import.meta.dirname, '../../../crds');
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

type Plural = 'httpendpoints' | 'resiliencies' | 'configurations' | 'components';

interface DaprCrd {
  readonly file: string;
  /** By path in the schema of `spec`; `undefined`: it is not there. */
  readonly unlike: Readonly<Record<string, unknown>>;
}

const retry = 'properties.policies.properties.retries.additionalProperties.properties';
const handler = 'handlers.items.properties';

const crdsByPlural: Readonly<Record<Plural, DaprCrd>> = {
  httpendpoints: { file: 'httpendpoint.yaml', unlike: {} },
  resiliencies: {
    file: 'resiliency.yaml',
    unlike: {
      [`${retry}.initialInterval`]: undefined,
      [`${retry}.multiplier`]: undefined,
      [`${retry}.jitter`]: undefined,
      [`${retry}.maxElapsedTime`]: undefined,
      [`${retry}.matching.properties.httpMethods`]: undefined,
    },
  },
  configurations: {
    file: 'configuration.yaml',
    unlike: {
      [`properties.httpPipeline.properties.${handler}.version`]: undefined,
      [`properties.appHttpPipeline.properties.${handler}.version`]: undefined,
      'properties.metric.default': { enabled: true },
      'properties.metrics.default': { enabled: true },
    },
  },
  components: { file: 'component.yaml', unlike: { required: ['type', 'version', 'metadata'] } },
};

/** Installs them and waits until objects of them can be made. */
export async function installDaprCrds(
  client: ControlPlaneClient,
  plurals: readonly Plural[] = ['httpendpoints', 'resiliencies', 'configurations', 'components'],
): Promise<void> {
  for (const plural of plurals) await client.mustRequest({ path, body: daprCrd(crdsByPlural[plural]) });
  for (const plural of plurals) {
    await waitUntil(async () => (await client.request({ path: `/apis/dapr.io/v1alpha1/${plural}` })).status === 200);
  }
}

function daprCrd({ file, unlike }: DaprCrd): UnknownRecord {
  const text = JSON.stringify(parse(readFileSync(join(folder, file), 'utf8')), (key, value: unknown) =>
    ours.has(key) ? undefined : value,
  );
  const crd = JSON.parse(text) as UnknownRecord;
  for (const [place, value] of Object.entries(unlike)) set(crd, `${schemaOfSpec}.${place}`, value);
  return crd;
}

const schemaOfSpec = 'spec.versions.0.schema.openAPIV3Schema.properties.spec';

/** Throws where ours has no such place. */
function set(document: UnknownRecord, place: string, value: unknown): void {
  const steps = place.split('.');
  const last = steps.pop() ?? '';
  let at: unknown = document;
  for (const step of steps) at = Array.isArray(at) ? (at as unknown[])[Number(step)] : recordFrom(at)?.[step];
  const holder = recordFrom(at);
  if (holder === null || (value === undefined && !(last in holder))) throw new Error(`there is no ${place}`);
  Object.assign(holder, { [last]: value });
}

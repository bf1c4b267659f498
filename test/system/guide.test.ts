/** docs/kubernetes.md, followed by a reader: every command, in order, and what each is said to show. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { guideBlocks, guideShell, type Shell } from './support/guide.ts';
import { earlyNamespace, symptoms } from './support/guide-symptoms.ts';
import { importImages } from './support/import-images.ts';
import { uninstallChart } from './support/install-chart.ts';
import { leftovers } from './support/leftovers.ts';
import { sharedCluster } from './support/shared-cluster.ts';

const cluster = sharedCluster();
const blocks = await guideBlocks();
let shell: Shell;
let hasFailed = false;

const stock = /"item":66,.*"caller":"CN=orders"/;

/** What blocks print that have a part of these commands, beside those of the troubleshooting. */
const shown: readonly (readonly [part: string, output: readonly (string | RegExp)[]])[] = [
  ['helm install', ['STATUS: deployed']],
  ['get mutatingwebhookconfigurations', [/farpoint-operator-.* 1\/1 +Running/, 'farpoint-injector', 'baseUrl']],
  ['apply -f examples/kubernetes', [/inventory +https:\/\/inventory.shop.* True +True +1\/1/]],
  ['-- curl -sS --fail localhost:3500/v1.0/invoke/inventory', [stock]],
  ['invoke/orders/method/orders/66', [/"order":66,/, stock]],
  ['dapr-app-id: inventory', [stock]],
  ['localhost:3500/v1.0/invoke/https:', ['ERR_DIRECT_INVOKE', 'authority that is not trusted', /502$/]],
  ['describe httpendpoint', [/PROXIES/, /1 of 1 proxy has this generation/]],
  ['"baseUrl":"inventory:8443"', ['must begin with http:// or https://', /refused$/m]],
  [
    'farpoint_operator_ready',
    [/^farpoint_operator_ready 1$/m, /^dapr_httpendpoint_certificate_expiry.*name="inventory"/m],
  ],
  ['helm upgrade', ['has been upgraded']],
];

/** Of the chart, and of what the operator makes, one of each kind. */
const toBeRemoved = [
  'ClusterRole farpoint-operator',
  'MutatingWebhookConfiguration farpoint-injector',
  'ValidatingWebhookConfiguration farpoint-validator',
  'Secret farpoint-system/farpoint-control-plane',
  'Lease farpoint-system/farpoint-operator',
  'ConfigMap shop/farpoint-trust-bundle',
  'Service shop/orders-dapr',
];

beforeAll(async () => {
  await importImages(cluster);
  await uninstallChart(cluster);
  shell = await guideShell(cluster.access);
  await shell(`kubectl create namespace ${earlyNamespace}
    kubectl -n ${earlyNamespace} run early --image=registry.local/farpoint-example:1 --annotations=dapr.io/enabled=true --annotations=dapr.io/app-id=early -- orders`);
});
afterAll(async () => {
  await shell(`kubectl delete namespace ${earlyNamespace} shop --ignore-not-found`);
  await uninstallChart(cluster);
});

test.for(blocks)('$heading, line $line', async ({ symptom, text: commands }, { skip }) => {
  // Whatever comes after a command that failed fails too, and says nothing.
  if (hasFailed) skip();
  hasFailed = true;
  const trouble = symptoms[symptom];
  const isRemoval = commands.includes('helm uninstall');
  if (isRemoval) expect(await leftovers(cluster)).toEqual(expect.arrayContaining(toBeRemoved));
  await trouble?.provoke(shell);
  const output = await shell(commands);
  for (const part of trouble?.shown ?? expected(commands)) expect(output).toMatch(part);
  await trouble?.mend(shell);
  // What the operator made is for the cluster's garbage collector, which takes a moment.
  if (isRemoval) await expect.poll(() => leftovers(cluster), { timeout: 60_000, interval: 500 }).toEqual([]);
  hasFailed = false;
});

test('every trouble of the guide is brought about, and every output that is expected belongs to a command', () => {
  const troubles = blocks.map(({ symptom }) => symptom).filter((symptom) => symptom !== '');
  expect(Object.keys(symptoms)).toEqual(troubles);
  const orphans = shown.filter(([part]) => blocks.filter(({ text }) => text.includes(part)).length !== 1);
  expect(orphans.map(([part]) => part)).toEqual([]);
});

test('the manifests that are shown are those that are applied', async () => {
  const shownManifests = (await guideBlocks('yaml')).filter(({ heading }) => heading === 'Annotate and apply');
  const applied = (await Promise.all(['orders', 'inventory-endpoint'].map(readExample))).join('---\n');
  const [orders, endpoint] = parseAllDocuments(applied).map((document) => document.toJS() as unknown);
  const [annotations, manifest] = shownManifests.map(({ text }) => parse(text) as unknown);
  expect(orders).toMatchObject({ spec: { template: { metadata: annotations } } });
  expect(endpoint).toEqual(manifest);
});

function readExample(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, '../../examples/kubernetes', `${name}.yaml`), 'utf8');
}

function expected(commands: string): readonly (string | RegExp)[] {
  return shown.filter(([part]) => commands.includes(part)).flatMap(([, output]) => output);
}

/** The chart on a real API server, by helm as a user has it: install, upgrade, removal, and a cluster that has Dapr. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitUntil } from '../support/start-test-proxy.ts';
import { installDaprCrds } from './support/dapr-crds.ts';
import { chartFolder, mustRender, operatorArgs, previousChart } from './support/chart.ts';
import type { EndedProgram } from './support/run-to-end.ts';
import { helmForTests, type RunHelm } from './support/helm-for-tests.ts';
import { type ClusterOperator, startReadyOperator } from './support/start-cluster-operator.ts';
import { type ControlPlane, startControlPlane } from './support/start-control-plane.ts';

const found = await helmForTests();
const helm: RunHelm = found ?? (() => Promise.reject(new Error('there is no helm')));
const namespace = 'farpoint-system';

let cluster: ControlPlane;
let shop = '';

/** Runs helm on the cluster, in the namespace of the release unless another one is given. */
function run(args: readonly string[]): Promise<EndedProgram> {
  const place = args.some((arg) => arg.startsWith('--namespace=')) ? [] : [`--namespace=${namespace}`];
  return helm([...args, ...place], { kubeconfig: cluster.access.kubeconfigPath });
}

async function mustRun(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  if (code !== 0) throw new Error(`helm ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function kubectl(args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function startCluster(): Promise<void> {
  cluster = await startControlPlane();
  shop = await cluster.createNamespace('shop');
}

/** Everything of the chart that is there, as `kind.group/name`. */
async function present(): Promise<readonly string[]> {
  const kinds = [
    'clusterroles,clusterrolebindings,roles,rolebindings,mutatingwebhookconfigurations,validatingwebhookconfigurations',
    'customresourcedefinitions,deployments,services,serviceaccounts,secrets,poddisruptionbudgets,networkpolicies',
  ].join(',');
  const args = ['get', kinds, '--all-namespaces', '--selector=app.kubernetes.io/managed-by=Helm', '--output=name'];
  return (await kubectl(args)).trim().split('\n').toSorted();
}

const definitions = ['components', 'configurations', 'httpendpoints', 'resiliencies'].map(
  (plural) => `customresourcedefinition.apiextensions.k8s.io/${plural}.dapr.io`,
);

interface Webhook {
  readonly clientConfig: { readonly caBundle?: string };
  readonly timeoutSeconds: number;
}

async function webhookOf(kind: 'mutating' | 'validating', name: string): Promise<Webhook | undefined> {
  const path = `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/${name}`;
  const { webhooks } = await cluster.mustRequest<{ readonly webhooks: readonly Webhook[] }>({ method: 'GET', path });
  return webhooks[0];
}

/** Of the injector and the validator; `''`: none yet. */
async function caBundles(): Promise<readonly string[]> {
  const injector = await webhookOf('mutating', 'farpoint-injector');
  const validator = await webhookOf('validating', 'farpoint-validator');
  return [injector, validator].map((webhook) => webhook?.clientConfig.caBundle ?? '');
}

/** What the API server says to a pod that it does not keep. */
async function refusalOf(annotations: Readonly<Record<string, string>>, where = shop): Promise<string> {
  const { status, body } = await cluster.request<{ readonly message?: string }>({
    method: 'POST',
    path: `/api/v1/namespaces/${where}/pods?dryRun=All`,
    body: { metadata: { name: 'app', annotations }, spec: { containers: [{ name: 'app', image: 'app:1' }] } },
  });
  return status === 201 ? '' : String(body.message);
}

/** The operator in this process, with the flags and the permissions of the chart. */
async function startOperator({ watchNamespaces = [] }: { watchNamespaces?: string[] }): Promise<ClusterOperator> {
  const kubeconfig = await cluster.kubeconfigFor({ namespace, serviceAccount: 'farpoint-operator' });
  const flags = operatorArgs(await mustRender(helm, { watchNamespaces }));
  const own = ['', 'metrics-', 'webhook-'].map((part) => `--${part}listen-address=127.0.0.1`);
  const args = [...flags, ...own, '--metrics-port=0', '--webhook-port=0'];
  return startReadyOperator({ kubeconfig, namespace, watchNamespaces, args });
}

/** A busy API server may ask for patience with definitions that have just been installed. */
function complaintsOf({ lines }: ClusterOperator): readonly unknown[] {
  return lines.filter(
    ({ level, message }) => level === 'error' || (level === 'warn' && message !== 'the API server asks for patience'),
  );
}

describe.skipIf(found === null)('a release', () => {
  beforeAll(startCluster);
  afterAll(() => cluster.stop());

  test('of the previous revision is installed', async () => {
    const args = ['install', 'farpoint', await previousChart(), '--create-namespace'];
    expect(await mustRun([...args, '--set=injection.timeoutSeconds=1'])).toContain('STATUS: deployed');
    await cluster.createServiceAccount(namespace, 'default');
    expect(await kubectl(['get', 'crd', 'httpendpoints.dapr.io', '--output=yaml'])).not.toContain('name: Proxies');
  });

  test('makes only annotated pods wait for an operator', async () => {
    const waits = 'failed calling webhook "injector.farpoint.dev"';
    const yes = ['true', 'True', 'y', 'yes', 'on', 't', '1', 'maybe', ' '];
    const no = ['false', 'FALSE', 'n', 'No', 'off', 'f', '0', ''];
    for (const word of yes) expect(await refusalOf({ 'dapr.io/enabled': word }), word).toContain(waits);
    for (const word of no) expect(await refusalOf({ 'dapr.io/enabled': word }), word).toBe('');
    expect(await refusalOf({ 'dapr.io/enabled': 'no', 'farpoint.dev/enabled': 'yes' })).toContain(waits);
    expect(await refusalOf({ 'other.example/enabled': 'true' })).toBe('');
    expect(await refusalOf({})).toBe('');
    expect(await refusalOf({ 'dapr.io/enabled': 'true' }, namespace)).toBe('');
  });

  test('says what to do next, and that works', async () => {
    const notes = await mustRun(['get', 'notes', 'farpoint']);
    const manifest = /<<EOF\n([\s\S]*?)\n *EOF/.exec(notes)?.[1] ?? '';
    await cluster.apply(manifest.replaceAll(/^ {5}/gm, ''), { namespace: 'default' });
    expect(await kubectl(['get', 'httpendpoints', '--namespace=default', '--output=name'])).toContain('/example');
  });

  test('gives the operator what it needs to become ready, and to have its webhooks trusted', async () => {
    const operator = await startOperator({});
    // The leader's first work; it may do all that it has to.
    await waitUntil(async () => (await caBundles()).every((bundle) => bundle !== ''));
    expect(complaintsOf(operator)).toEqual([]);
    await operator.stop();
  });

  test('keeps through an upgrade the CA bundles that the operator applied, and brings new definitions', async () => {
    const before = await caBundles();
    const values = ['--set=injection.timeoutSeconds=3', '--set=validation.timeoutSeconds=4', '--set=replicas=3'];
    await mustRun(['upgrade', 'farpoint', chartFolder, ...values]);
    expect(await caBundles()).toEqual(before);
    expect((await webhookOf('mutating', 'farpoint-injector'))?.timeoutSeconds).toBe(3);
    expect((await webhookOf('validating', 'farpoint-validator'))?.timeoutSeconds).toBe(4);
    expect(await kubectl(['get', 'crd', 'httpendpoints.dapr.io', '--output=yaml'])).toContain('name: Proxies');
    const deployment = await kubectl([
      'get',
      'deployment',
      'farpoint-operator',
      `--namespace=${namespace}`,
      '--output=yaml',
    ]);
    expect(deployment).toContain('replicas: 3');
    expect(deployment).not.toContain('revision: previous');
    expect(await present()).toContain('poddisruptionbudget.policy/farpoint-operator');
  });

  test('can be limited to namespaces later, and go back', async () => {
    const may = async (where: string): Promise<string> => {
      const as = `--as=system:serviceaccount:${namespace}:farpoint-operator`;
      return (await cluster.kubectl(['auth', 'can-i', 'list', 'secrets', `--namespace=${where}`, as])).stdout.trim();
    };
    expect([await may(shop), await may('default')]).toEqual(['yes', 'yes']);
    const upgrade = ['upgrade', 'farpoint', chartFolder, '--reset-then-reuse-values'];
    const { stderr } = await run([...upgrade, '--set=watchNamespaces={not-there}']);
    expect(stderr).toContain('namespaces "not-there" not found');
    await mustRun([...upgrade, `--set=watchNamespaces={${shop}}`]);
    expect([await may(shop), await may('default')]).toEqual(['yes', 'no']);
    const operator = await startOperator({ watchNamespaces: [shop] });
    await waitUntil(() => operator.running.isLeader());
    expect(complaintsOf(operator)).toEqual([]);
    await operator.stop();
    expect(await refusalOf({ 'dapr.io/enabled': 'true' }, 'default')).toBe('');
    await mustRun([...upgrade, '--set=watchNamespaces=null']);
    expect([await may(shop), await may('default')]).toEqual(['yes', 'yes']);
  });

  test('is the only one, and loses nothing to a second one', async () => {
    const second = ['another', chartFolder, '--set=crds.takeOver=true', '--take-ownership'];
    for (const place of ['--namespace=elsewhere', `--namespace=${namespace}`]) {
      const { code, stderr } = await run(['install', ...second, place, '--create-namespace']);
      expect(code).toBe(1);
      expect(stderr).toContain(`already, as release farpoint in namespace ${namespace}, and a cluster has one`);
      expect(stderr).toContain(`helm uninstall farpoint --namespace ${namespace}`);
    }
  });

  test('leaves nothing but the definitions, and so what users wrote', async () => {
    expect(await present()).toHaveLength(definitions.length + 11);
    expect(await mustRun(['uninstall', 'farpoint'])).toContain('kept due to the resource policy');
    expect(await present()).toEqual(definitions);
    expect(await kubectl(['get', 'httpendpoints', '--namespace=default', '--output=name'])).toContain('/example');
    expect(await mustRun(['list', '--all-namespaces', '--short'])).toBe('');
  });

  test('of another name is told what to do about definitions that it finds', async () => {
    const { code, stderr } = await run(['install', 'another', chartFolder]);
    expect(code).toBe(1);
    expect(stderr).toContain('is of release farpoint-system/farpoint');
    expect(stderr).toContain('--set crds.install=false');
    expect(await present()).toEqual(definitions);
  });

  test('comes back over the definitions that were kept', async () => {
    await mustRun(['install', 'farpoint', chartFolder]);
    expect(await kubectl(['get', 'httpendpoints', '--namespace=default', '--output=name'])).toContain('/example');
    await mustRun(['uninstall', 'farpoint']);
  });
});

describe.skipIf(found === null)("a cluster with Dapr's definitions", () => {
  beforeAll(async () => {
    await startCluster();
    await installDaprCrds(cluster, ['httpendpoints']);
  });
  afterAll(() => cluster.stop());

  test('is told what to do', async () => {
    const { code, stderr } = await run(['install', 'farpoint', chartFolder, '--create-namespace']);
    expect(code).toBe(1);
    expect(stderr).toContain('httpendpoints.dapr.io is in the cluster already and is of no release of helm');
    expect(stderr).toContain('--set crds.install=false');
    expect(stderr).toContain('--set crds.takeOver=true --take-ownership');
  });

  test('may keep them', async () => {
    const out = await mustRun(['install', 'farpoint', chartFolder, '--create-namespace', '--set=crds.install=false']);
    expect(out).toContain('The definitions of the kinds were not installed');
    expect(await kubectl(['get', 'crd', '--output=name'])).toBe(
      'customresourcedefinition.apiextensions.k8s.io/httpendpoints.dapr.io\n',
    );
  });

  test('may have them replaced, with all objects', async () => {
    await cluster.apply(
      '{ apiVersion: dapr.io/v1alpha1, kind: HTTPEndpoint, metadata: { name: old }, spec: { baseUrl: "http://a" } }',
      {
        namespace: shop,
      },
    );
    const args = ['upgrade', 'farpoint', chartFolder, '--set=crds.takeOver=true', '--take-ownership'];
    await mustRun(args);
    expect((await present()).filter((name) => name.includes('.dapr.io'))).toEqual(definitions);
    expect(await kubectl(['get', 'httpendpoints', `--namespace=${shop}`])).toContain('ACCEPTED');
    await mustRun(['uninstall', 'farpoint']);
    expect(await kubectl(['get', 'httpendpoints', `--namespace=${shop}`, '--output=name'])).toContain('/old');
  });

  test('with its injector is warned, unless the prefixes differ', async () => {
    await cluster.mustRequest({
      path: '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations',
      body: { metadata: { name: 'dapr-sidecar-injector' }, webhooks: [] },
    });
    const caution = "Dapr's injector is in this cluster as well";
    const install = ['install', 'farpoint', chartFolder, '--dry-run=server'];
    expect(await mustRun(install)).toContain(caution);
    expect(await mustRun([...install, '--set=annotationPrefixes={farpoint.dev}'])).not.toContain(caution);
  });

  test.each([
    ['injection is off', ['--set=injection.enabled=false'], 'Injection is off', 'exec deployment/'],
    [
      'namespaces are limited',
      ['--set=watchNamespaces={default}'],
      "'watchNamespaces={default,another}'",
      'Injection is off',
    ],
    ['there is one operator', ['--set=replicas=1'], 'Set replicas=2 for more than a trial', 'Injection is off'],
    ['there are two', [], 'exec deployment/$APP -- curl', 'Set replicas=2'],
  ])('gets notes that fit when %s', async (_what, values, there, notThere) => {
    const notes = await mustRun(['install', 'farpoint', chartFolder, '--dry-run=server', ...values]);
    const text = notes.slice(notes.indexOf('NOTES:'));
    expect(text).toContain(there);
    expect(text).not.toContain(notThere);
  });
});

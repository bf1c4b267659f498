/** What a pod is like that got a proxy, on a real node; what is refused, and how a user learns why. */
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { container, exampleDeployment, exampleJob, examplePod } from './support/example-pod.ts';
import { installChart } from './support/install-chart.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';

const cluster = sharedCluster();
let own: OwnNamespace;

beforeAll(async () => {
  await installChart(cluster);
  own = await makeOwnNamespace(cluster, 'injected');
  await own.kubectl('label', 'namespace', own.name, 'pod-security.kubernetes.io/enforce=restricted');
  const waiting = { command: ['/usr/local/bin/node', '--eval', 'setTimeout(() => {}, 600_000)'] };
  await own.apply(
    exampleDeployment({ name: 'orders' }),
    examplePod({ name: 'bare' }),
    exampleJob({ name: 'nightly', ...waiting, annotations: { 'dapr.io/app-port': '' } }),
  );
  await own.rolledOut('orders');
  await own.kubectl('wait', '--for=condition=Ready', 'pods', '--all', '--timeout=90s');
  return () => own.remove();
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

interface PodObject {
  readonly spec: Readonly<Record<'containers' | 'initContainers', readonly ContainerObject[]>>;
}

interface ContainerObject {
  readonly name: string;
  readonly resources: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Runs JavaScript in a container of the pod `bare`. */
async function runIn(where: string, script: string): Promise<string> {
  const node = ['/usr/local/bin/node', '--eval', script];
  return (await own.kubectl('exec', 'bare', `--container=${where}`, '--', ...node)).trim();
}

describe('a pod with a proxy', () => {
  test('is accepted under the Pod Security Standard restricted, and requests CPU, as an autoscaler needs', async () => {
    const { spec } = JSON.parse(await own.kubectl('get', 'pod', 'bare', '--output=json')) as PodObject;
    const containers = [...spec.initContainers, ...spec.containers];
    expect(containers.map(({ name, resources }) => [name, resources['requests']?.['cpu']])).toEqual([
      ['daprd', '50m'],
      [container, '10m'],
    ]);
    expect(spec.initContainers[0]?.resources).toMatchObject({
      requests: { memory: expect.any(String) as string },
      limits: { memory: expect.any(String) as string },
    });
  });

  test('runs the proxy as nobody, without a right, and with nothing to write to but its tables', async () => {
    const status = await runIn('daprd', `console.log(require('node:fs').readFileSync('/proc/1/status', 'utf8'))`);
    const field = (name: string): string => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1] ?? '';
    expect(field('Uid')).toBe(['65532', '65532', '65532', '65532'].join('\t'));
    expect(field('Gid')).toBe(['65532', '65532', '65532', '65532'].join('\t'));
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(field(set)).toMatch(/^0+$/);
    expect(field('NoNewPrivs')).toBe('1');
    // A filter.
    expect(field('Seccomp')).toBe('2');
    const write = `for (const folder of ['/', '/farpoint', '/tmp', '/usr/local/bin', '/var/run/secrets/farpoint.dev/trust', '/var/run/farpoint/tables']) {
      try {
        require('node:fs').writeFileSync(folder + '/probe', '');
        require('node:fs').unlinkSync(folder + '/probe');
        console.log(folder);
      } catch (error) {
        if (!['EROFS', 'ENOENT'].includes(error.code)) console.log(folder, error.code);
      }
    }`;
    expect(await runIn('daprd', write)).toBe('/var/run/farpoint/tables');
  });

  test('tells the application where its proxy is', async () => {
    const names = ['DAPR_HTTP_PORT', 'DAPR_GRPC_PORT', 'APP_PROTOCOL', 'KUBERNETES_SERVICE_HOST', 'ORDERS_DAPR_PORT'];
    const script = `console.log(${JSON.stringify(names)}.map((name) => process.env[name] ?? 'none').join())`;
    expect(await runIn(container, script)).toMatch(/^3500,50001,http,10\.\S+,none$/);
  });
});

test.each(['orders', 'bare', 'nightly'])('%s has a Service of its app, whatever made its pod', async (app) => {
  const target = '{.items[0].endpoints[*].targetRef.name}';
  const selector = `--selector=kubernetes.io/service-name=${app}-dapr`;
  const find = (): Promise<string> => own.kubectl('get', 'endpointslices', selector, `--output=jsonpath=${target}`);
  await expect.poll(find, { timeout: 30_000 }).toMatch(new RegExp(`^${app}`));
  const ports = '{.spec.clusterIP} {.spec.ports[*].name}';
  expect(await own.kubectl('get', 'service', `${app}-dapr`, `--output=jsonpath=${ports}`)).toBe(
    'None dapr-http dapr-metrics',
  );
});

describe('a mistake in an annotation', () => {
  const wrong = { name: 'wrong', annotations: { 'dapr.io/app-port': 'eighty' } };
  const sentence = 'annotation dapr.io/app-port ("eighty"): give a port between 0 and 65535';

  test('refuses the pod to whoever makes it', async () => {
    await expect(own.apply(examplePod(wrong))).rejects.toThrow(sentence);
  });

  test('is said where a Deployment tells of its pods', async () => {
    await own.apply(exampleDeployment(wrong));
    const describeThem = (): Promise<string> => own.kubectl('describe', 'replicasets', '--selector=app=wrong');
    await expect.poll(describeThem, { timeout: 30_000 }).toContain(sentence);
    await own.kubectl('delete', 'deployment', 'wrong');
  });

  test('every one of them is told at once, and what has no effect is a warning', async () => {
    const annotations = { 'dapr.io/app-port': 'eighty', 'dapr.io/enable-metrics': 'perhaps' };
    const refusal = own.apply(examplePod({ name: 'wrong', annotations }));
    await expect(refusal).rejects.toThrow(/enable-metrics.*"perhaps"/);
    const { stderr } = await cluster.kubectl([`--namespace=${own.name}`, 'create', '--filename=-'], {
      stdin: examplePod({ name: 'doubtful', annotations: { 'farpoint.dev/app-prot': 'http' } }),
    });
    expect(stderr).toContain(
      'Warning: annotation farpoint.dev/app-prot is not known. Did you mean farpoint.dev/app-port?',
    );
    await own.kubectl('delete', 'pod', 'doubtful', '--now');
  });
});

describe('an object of ours', () => {
  const endpoint = (spec: object): string =>
    JSON.stringify({ apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint', metadata: { name: 'vault' }, spec });

  test('that no proxy could use is refused when it is written', async () => {
    const writing = own.apply(endpoint({ baseUrl: 'https://vault:8443', clientTLS: { rootCA: { value: 'none' } } }));
    await expect(writing).rejects.toThrow(/"validator\.farpoint\.dev" denied the request: .*rootCA/);
  });

  test('that is legal and doubtful is taken, with a warning', async () => {
    const clientTLS = { rootCA: { value: 'anything' } };
    const { code, stderr } = await cluster.kubectl([`--namespace=${own.name}`, 'apply', '--filename=-'], {
      stdin: endpoint({ baseUrl: 'http://vault:8080', clientTLS }),
    });
    expect(code).toBe(0);
    expect(stderr).toMatch(/^Warning: .*clientTLS/);
  });
});

test('a pod that has a proxy of somebody else is left alone, and an Event says so', async () => {
  const pod = JSON.parse(examplePod({ name: 'foreign' })) as { spec: { containers: { name: string }[] } };
  for (const one of pod.spec.containers) one.name = 'daprd';
  await own.apply(JSON.stringify(pod));
  const events = (): Promise<string> =>
    own.kubectl('get', 'events', '--field-selector=reason=ProxyNotInjected', '--output=jsonpath={.items[*].message}');
  await expect.poll(events, { timeout: 30_000 }).toContain('a container daprd that is not');
});

/** A cluster that has Dapr's own Resiliency, Configuration and Component: they hold, and Events say what a status would. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream, type TestUpstream } from '../support/start-upstream.ts';
import { callTarget, daprObject, startCallSite, untilAnswered, type CallSite } from './support/call-site.ts';
import { installDaprCrds } from './support/dapr-crds.ts';
import { installCrds } from './support/install-crds.ts';
import { startReadyOperator } from './support/start-cluster-operator.ts';
import { type ControlPlane, startControlPlane } from './support/start-control-plane.ts';
import type { PodProxy } from './support/start-pod-proxy.ts';

let cluster: ControlPlane;

beforeAll(async () => {
  cluster = await startControlPlane();
  await installDaprCrds(cluster);
}, 120_000);

afterAll(() => cluster.stop());

const startSite = (): Promise<CallSite> => startCallSite(cluster, 'dapr', { crds: 'as they are' });

/** Serves every path the third time that it is asked for. */
async function startFlaky(): Promise<TestUpstream> {
  const countsByPath = new Map<string, number>();
  return startUpstream(({ url = '' }, response) => {
    const count = (countsByPath.get(url) ?? 0) + 1;
    countsByPath.set(url, count);
    response.writeHead(count < 3 ? 503 : 200).end(`request ${count}`);
  });
}

const endpoint = ({ origin }: TestUpstream): object => daprObject('HTTPEndpoint', 'far', { spec: { baseUrl: origin } });

const again = { duration: '1ms', maxRetries: 3 };

/** `target`: of an entry that is for nobody. */
function resiliency({ retry = 'again', target = {}, fields = {} }): object {
  const retries = { again: { ...again, ...fields } };
  return daprObject('Resiliency', 'r', {
    spec: { policies: { retries }, targets: { apps: { far: { retry }, nobody: target } } },
  });
}

let paths = 0;

async function untilCalled(proxy: PodProxy, status: number): Promise<void> {
  await untilAnswered(
    () => {
      paths += 1;
      return callTarget(proxy, 'far', `path-${paths}`);
    },
    (answer) => answer.status === status,
  );
}

/** Events about an object, the same text once for each Event, in any order. */
async function untilEvents(site: CallSite, [plural, name]: readonly [string, string], expected: readonly string[]) {
  let events: readonly string[] = [];
  await waitUntil(async () => {
    events = await site.viewer(plural).events(name);
    return events.length >= expected.length;
  });
  expect(events.toSorted()).toEqual(expected.toSorted());
}

const sentence = 'the Resiliency that is installed keeps no status: conditions are Events only';
const unknownPolicy = (name: string): string =>
  'Warning PartiallyInvalid: Accepted is True: ' +
  `spec.targets.apps.nobody.retry has no effect: the retry policy "${name}" does not exist`;

describe("Dapr's own Resiliency", () => {
  test('holds, and each thing that is new to say of it is one Event', async () => {
    const site = await startSite();
    const proxy = await site.proxyFor('orders');
    await site.apply(endpoint(await startFlaky()));
    await untilCalled(proxy, 503);
    await site.apply(resiliency({}));
    await untilCalled(proxy, 200);
    await site.apply(resiliency({ target: { retry: 'one' } }));
    const first = ['Normal Accepted: Accepted is True: the resource is valid', unknownPolicy('one')];
    await untilEvents(site, ['resiliencies', 'r'], first);
    await site.apply(resiliency({ target: { retry: 'two' } }));
    await untilEvents(site, ['resiliencies', 'r'], [...first, unknownPolicy('two')]);
    await untilCalled(proxy, 200);
    // What is not new is not told, whatever else changes.
    for (const tier of ['a', 'b', 'c']) {
      await cluster.kubectl(['label', '--overwrite', 'resiliency/r', `tier=${tier}`, `--namespace=${site.namespace}`]);
      await site.apply(resiliency({ target: { retry: 'two' }, fields: { maxRetries: tier.charCodeAt(0) } }));
    }
    await site.apply(resiliency({}));
    const all = [...first, unknownPolicy('two'), 'Normal Accepted: Accepted is True: the resource is valid'];
    await untilEvents(site, ['resiliencies', 'r'], all);
    expect((await site.viewer('resiliencies').get('r'))['status']).toBeUndefined();

    await site.remove('resiliency', 'r');
    await untilCalled(proxy, 503);
    expect(site.operator.lines.filter(({ message }) => message === sentence)).toHaveLength(1);
    const { body } = await ask(site.operator.running.metricsPort, { path: '/metrics' });
    expect(body).toMatch(/^farpoint_operator_status_supported\{kind="resiliencies\.dapr\.io"\} 0$/m);
    expect(body).not.toMatch(/^farpoint_operator_status_writes_total\{outcome="(failed|outdated|written)"\} [1-9]/m);
  });

  test('has no place for what retries have beyond Dapr: kubectl says so, and whoever does not ask loses it', async () => {
    const site = await startSite();
    const proxy = await site.proxyFor('orders');
    const beyond = { jitter: 'full', maxElapsedTime: '1h', matching: { httpStatusCodes: '503', httpMethods: 'POST' } };
    const object = resiliency({ fields: beyond });
    await expect(site.apply(object)).rejects.toThrow(/unknown field "spec\.policies\.retries\.again\.jitter"/);
    const args = ['apply', `--namespace=${site.namespace}`, '--validate=ignore', '--filename=-'];
    const { code } = await cluster.kubectl(args, { stdin: JSON.stringify(object) });
    expect(code).toBe(0);
    expect((await site.viewer('resiliencies').get('r'))['spec']).toMatchObject({
      policies: { retries: { again: { ...again, matching: { httpStatusCodes: '503' } } } },
    });
    await site.apply(endpoint(await startFlaky()));
    await untilCalled(proxy, 200);
    await untilEvents(site, ['resiliencies', 'r'], ['Normal Accepted: Accepted is True: the resource is valid']);
  });
});

describe("Dapr's own Configuration and Component", () => {
  const type = 'middleware.http.routerchecker';
  const rule = (value: object): object =>
    daprObject('Component', 'plain', { spec: { type, version: 'v1', metadata: [{ name: 'rule', ...value }] } });
  const guarded = daprObject('Configuration', 'guarded', {
    spec: { appHttpPipeline: { handlers: [{ name: 'plain', type }] } },
  });
  const secret = daprSecret('rules', { rule: 'good' });

  test('guard, and Events tell what is wrong, once', async () => {
    const site = await startSite();
    const proxy = await site.proxyFor('orders', 'guarded');
    const call = (path: string): ReturnType<typeof callTarget> => callTarget(proxy, 'far', path);
    await site.apply(endpoint(await startUpstream((_, response) => response.end('served'))), guarded);
    await untilAnswered(
      () => call('good'),
      ({ status, body }) => status === 503 && body.includes('ComponentNotFound') && body.includes('plain'),
    );
    await site.apply(secret, rule({ secretKeyRef: { name: 'rules', key: 'rule' } }));
    await untilAnswered(
      () => call('good'),
      ({ status }) => status === 200,
    );
    expect(await call('bad')).toMatchObject({ status: 400 });
    const isRefused = 'Warning ComponentNotFound: Accepted is False: spec.appHttpPipeline: handler plain is refused: ';
    const configuration = [
      expect.stringContaining(isRefused) as string,
      'Normal Accepted: Accepted is True: the resource is valid',
    ];
    await waitUntil(async () => (await site.viewer('configurations').events('guarded')).length === 2);
    expect((await site.viewer('configurations').events('guarded')).toSorted().toReversed()).toEqual(configuration);

    await site.apply(rule({ value: '(' }));
    await untilAnswered(
      () => call('good'),
      ({ status, body }) => status === 503 && body.includes('InvalidMiddleware'),
    );
    await waitUntil(async () => (await site.viewer('components').events('plain')).length === 2);
    expect((await site.viewer('components').events('plain')).join('\n')).toMatch(/Warning InvalidMiddleware: .*rule/);
    expect((await site.viewer('configurations').get('guarded'))['spec']).toMatchObject({ metrics: { enabled: true } });
  });

  test('take no version of a handler, and no Component without settings', async () => {
    const site = await startSite();
    const handlers = [{ name: 'plain', type, version: 'v1' }];
    const withVersion = daprObject('Configuration', 'v1', { spec: { httpPipeline: { handlers } } });
    await expect(site.apply(withVersion)).rejects.toThrow('unknown field "spec.httpPipeline.handlers[0].version"');
    const bare = daprObject('Component', 'bare', { spec: { type, version: 'v1' } });
    await expect(site.apply(bare)).rejects.toThrow(/spec\.metadata.*required/i);
  });
});

test("ours can replace Dapr's while objects are there: a new leader repeats what is wrong, in a status now", async () => {
  const { namespace, ...site } = await startSite();
  await site.apply(resiliency({ target: { retry: 'one' } }));
  await untilEvents({ namespace, ...site }, ['resiliencies', 'r'], [unknownPolicy('one')]);
  await site.operator.stop();
  await installCrds(cluster);
  await startReadyOperator({ kubeconfig: cluster.access.kubeconfigPath, namespace, watchNamespaces: [namespace] });
  const reason = '--for=jsonpath={.status.conditions[0].reason}=PartiallyInvalid';
  const waited = await cluster.kubectl(['wait', reason, '--timeout=30s', 'resiliency/r', `--namespace=${namespace}`]);
  expect(waited).toMatchObject({ code: 0 });
  await site.apply(resiliency({ fields: { jitter: 'full' } }));
});

function daprSecret(name: string, stringData: Readonly<Record<string, string>>): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData };
}

/** The chart without a cluster: what each value does, what is refused, and that operator and chart mean the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { operatorFlags } from '#shared/settings/operator-flags.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import { injectorMatchConditions } from '../../operator/admission/match-conditions.ts';
import { runChartCase } from '../golden/chart-case.ts';
import { goldenCases, strayFiles } from '../golden/golden-files.ts';
import {
  chartFolder,
  type ChartObject,
  mustRender,
  objectOf,
  operatorArgs,
  placeOf,
  renderChart,
} from './support/chart.ts';
import { helmForTests, type RunHelm } from './support/helm-for-tests.ts';

const found = await helmForTests();
const helm: RunHelm = found ?? (() => Promise.reject(new Error('there is no helm')));
const root = join(import.meta.dirname, '../..');
const folder = join(root, 'test/golden/chart');
const cases = goldenCases(folder);
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
/** As the kubelet gives it to the container. */
const podEnv = { NAMESPACE: 'farpoint-system', POD_NAME: 'farpoint-operator-1', POD_IP: '10.0.0.1' };

async function settingsOf(values: unknown): Promise<OperatorSettings> {
  return operatorSettingsFrom(operatorArgs(await mustRender(helm, values)), podEnv);
}

describe.skipIf(found === null)('the chart', () => {
  test.each(cases)('$name', async ({ input, outputFile }) => {
    await expect(await runChartCase(helm, input, version)).toMatchFileSnapshot(outputFile);
  });

  test('every output has its input, every input shows one thing', () => {
    expect(strayFiles(folder)).toEqual([]);
  });

  test.each(cases)('passes helm lint, strictly, with the values $name', async ({ input }) => {
    const args = ['lint', '--strict', '--kube-version=1.36.0', '--values=-', chartFolder];
    const { code, stdout, stderr } = await helm(args, { stdin: input });
    expect(`${stdout}${stderr}`).toContain('0 chart(s) failed');
    expect(code).toBe(0);
  });

  test.each(readdirSync(join(root, 'crds')))('installs crds/%s as it is, and keeps it', async (file) => {
    const crd = parse(readFileSync(join(root, 'crds', file), 'utf8')) as ChartObject;
    const rendered = (await mustRender(helm, {})).find((object) => placeOf(object) === placeOf(crd));
    expect(rendered?.spec).toEqual(crd.spec);
    expect(rendered?.metadata.labels).toMatchObject(crd.metadata.labels ?? {});
    expect(rendered?.metadata.annotations).toEqual({ 'helm.sh/resource-policy': 'keep' });
  });

  test('names images without a registry where there is none', async () => {
    const args = operatorArgs(await mustRender(helm, { global: { registry: '' } }));
    expect(args).toContain(`--proxy-image=farpoint-proxy:${version}`);
  });

  test('refuses clusters that are too old, and takes those with a suffix', async () => {
    const at = (kube: string): ReturnType<RunHelm> => helm(['template', chartFolder, `--kube-version=${kube}`]);
    expect((await at('1.27.9')).stderr).toContain('chart requires kubeVersion: >=1.28.0-0');
    expect((await at('1.28.15-gke.1342000')).code).toBe(0);
  });
});

describe.skipIf(found === null)('the flags', () => {
  test.each(cases)('are ones that the operator takes, with the values $name', async ({ input }) => {
    await expect(settingsOf(parse(input) ?? {})).resolves.toBeDefined();
  });

  test('mean by default what the operator does by itself, and what only a cluster has', async () => {
    const { webhooks, ownerClusterRole, proxy, ...rest } = await settingsOf({});
    const byItself = operatorSettingsFrom([], podEnv);
    expect(rest).toEqual({ ...rest, ...without(byItself, ['webhooks', 'ownerClusterRole', 'proxy']) });
    expect(proxy).toEqual({
      ...byItself.proxy,
      image: `registry.local/farpoint-proxy:${version}`,
      imagePullPolicy: 'IfNotPresent',
    });
    expect(webhooks).toEqual({
      ...byItself.webhooks,
      injectorName: 'farpoint-injector',
      validatorName: 'farpoint-validator',
    });
    expect(ownerClusterRole).toBe('farpoint-operator');
  });

  test('are all that there are, but for a few', async () => {
    const values = { watchNamespaces: ['a'], proxy: { imagePullSecrets: ['s'] } };
    const given = new Set(operatorArgs(await mustRender(helm, values)).map((arg) => /^--([^=]+)/.exec(arg)?.[1]));
    const notGiven = operatorFlags.map(({ name }) => name).filter((name) => !given.has(name));
    expect(notGiven.toSorted()).toEqual([
      'advertise-address', // POD_IP
      'help',
      'kubeconfig', // the pod's own ServiceAccount
      'namespace', // NAMESPACE
      'peer-token-file', // where the chart mounts it
      'port', // the Service says where
      'proxy-control-plane-address', // the Service
      'replica-name', // POD_NAME
      'service-account',
      'service-names', // the Service
      'token-audience', // as in the volume
      'version',
    ]);
  });

  test('say what the values say', async () => {
    const settings = await settingsOf({
      watchNamespaces: ['shop', 'billing'],
      annotationPrefixes: ['acme.example'],
      holdOff: '250ms',
      maxHoldOff: '2s',
      leaseDuration: '20s',
      shutdownGraceSeconds: 7,
      listenAddress: '::1',
      logLevel: 'warn',
      webhooks: { port: 10_250 },
      metrics: { port: 9091 },
      services: { enabled: false },
      repair: { mode: 'evict', interval: '30s', evictionsPerMinute: 3 },
      injection: { excludedNamespaces: ['dapr-system', 'kube-system'] },
      proxy: {
        container: 'native',
        urlCalls: 'deny',
        runAsGroup: null,
        imagePullSecrets: ['pull'],
        resources: { limits: { cpu: '1', memory: '1Gi' } },
      },
    });
    expect(settings).toMatchObject({
      watchNamespaces: ['shop', 'billing'],
      annotationPrefixes: ['acme.example', 'farpoint.dev'],
      holdOffMs: 250,
      maxHoldOffMs: 2000,
      leaseDurationMs: 20_000,
      shutdownGraceMs: 7000,
      listen: { address: '::1', port: 6500 },
      metrics: { address: '::1', port: 9091 },
      webhooks: { listen: { address: '::1', port: 10_250 } },
      log: { level: 'warn', json: false },
      services: { isOn: false },
      repair: {
        mode: 'evict',
        intervalMs: 30_000,
        excludedNamespaces: ['dapr-system', 'kube-system'],
        evictionsPerMinute: 3,
      },
      proxy: {
        container: 'native',
        urlCalls: 'deny',
        runAsUser: 65_532,
        runAsGroup: null,
        imagePullSecrets: ['pull'],
        resources: { cpuRequest: '50m', cpuLimit: '1', memoryRequest: '64Mi', memoryLimit: '1Gi' },
      },
    });
  });
});

test
  .skipIf(found === null)
  .each([
    { injection: { namespaceSelector: null, objectSelector: null, excludedNamespaces: null } },
    { podLabels: null, podAnnotations: null, annotations: null, labels: null, nodeSelector: null },
  ])('null takes a default away: %o', async (values) => {
  const webhook = objectOf(await mustRender(helm, values), 'MutatingWebhookConfiguration');
  expect(webhook.metadata.name).toBe('farpoint-injector');
});

test.skipIf(found === null)('texts that YAML could take for something else stay texts', async () => {
  const values = {
    watchNamespaces: ['123', 'null', 'on'],
    priorityClassName: 'true',
    global: { imagePullSecrets: ['1e3'] },
    podAnnotations: { 'kubectl.kubernetes.io/default-container': 'other' },
  };
  const objects = await mustRender(helm, values);
  const watched = objects.filter(({ kind, metadata }) => kind === 'Role' && metadata.name.endsWith('-watched'));
  expect(watched.map(({ metadata }) => metadata.namespace)).toEqual(['123', 'null', 'on']);
  expect(objectOf(objects, 'Deployment').spec).toMatchObject({
    template: {
      metadata: { annotations: { 'kubectl.kubernetes.io/default-container': 'other' } },
      spec: { priorityClassName: 'true', imagePullSecrets: [{ name: '1e3' }] },
    },
  });
});

test.skipIf(found === null).each([[['dapr.io', 'farpoint.dev']], [['acme.example']], [['farpoint.dev', 'x', 'x']]])(
  'the API server sends the Pods that the operator wants, with the prefixes %s',
  async (annotationPrefixes) => {
    const { webhooks } = objectOf(await mustRender(helm, { annotationPrefixes }), 'MutatingWebhookConfiguration');
    expect(webhooks).toMatchObject([{ matchConditions: injectorMatchConditions(annotationPrefixes) }]);
  },
);

describe.skipIf(found === null)('values that will not do are refused:', () => {
  test.each([
    ['a value that there is not', { replica: 2 }, "additional properties 'replica' not allowed"],
    ['one deeper down', { proxy: { cpu: 1 } }, "at '/proxy': additional properties 'cpu' not allowed"],
    ['a word for a number', { replicas: 'two' }, "at '/replicas': got string, want integer"],
    [
      'an unknown mode',
      { repair: { mode: 'delete' } },
      "at '/repair/mode': value must be one of 'off', 'report', 'evict'",
    ],
    ['an unknown level', { logLevel: 'loud' }, "at '/logLevel': value must be one of 'debug'"],
    ['no duration', { holdOff: 'soon' }, "at '/holdOff': 'soon' does not match pattern"],
    [
      'a policy of Kubernetes that is none',
      { injection: { failurePolicy: 'Warn' } },
      "must be one of 'Fail', 'Ignore'",
    ],
    ['root, for the operator', { runAsUser: 0 }, "at '/runAsUser': minimum: got 0, want 1"],
    ['root, for proxies', { proxy: { runAsUser: 0 } }, "at '/proxy/runAsUser': minimum: got 0, want 1"],
    ['no quantity', { proxy: { resources: { limits: { memory: 'lots' } } } }, "'lots' does not match pattern"],
    [
      'a name of a namespace that is none',
      { watchNamespaces: ['Shop'] },
      "at '/watchNamespaces/0': 'Shop' does not match",
    ],
    [
      'a prefix with a slash',
      { annotationPrefixes: ['dapr.io/'] },
      "at '/annotationPrefixes/0': 'dapr.io/' does not match",
    ],
    ['no prefix at all', { annotationPrefixes: [] }, "at '/annotationPrefixes': minItems: got 0, want 1"],
    ['a tag with a space', { global: { tag: 'a b' } }, "at '/global/tag': 'a b' does not match"],
    ['a digest cut short', { image: { digest: 'sha256:12' } }, "at '/image/digest': 'sha256:12' does not match"],
    ['a longer timeout than there is', { injection: { timeoutSeconds: 31 } }, 'maximum: got 31, want 30'],
    [
      'a label that selects',
      { labels: { 'app.kubernetes.io/name': 'x' } },
      "invalid propertyName 'app.kubernetes.io/name'",
    ],
    ['more than one flag in a line', { extraArgs: ['--a\n--b'] }, "at '/extraArgs/0'"],
    [
      'evictions of what the injector is not asked about',
      { repair: { mode: 'evict' }, injection: { objectSelector: { matchLabels: { team: 'a' } } } },
      'repair.mode is evict, and injection has a selector',
    ],
    ['one port twice', { webhooks: { port: 9090 } }, 'webhooks.port is 9090, metrics.port is 9090'],
  ])('%s', async (_what, values, sentence) => {
    const { refusal } = await renderChart(helm, values);
    expect(refusal).toContain(sentence);
  });

  test('several at once, each with a sentence', async () => {
    const { refusal } = await renderChart(helm, { replicas: -1, logLevel: 'x', proxy: { image: 'x' } });
    for (const place of ['/replicas', '/logLevel', '/proxy/image']) expect(refusal).toContain(`at '${place}'`);
  });

  test('but a chart around this one may have globals of its own, and a condition', async () => {
    expect((await renderChart(helm, { enabled: true, global: { storageClass: 'x' } })).refusal).toBe('');
  });
});

function without(settings: OperatorSettings, names: readonly (keyof OperatorSettings)[]): object {
  return Object.fromEntries(
    Object.entries(settings).filter(([name]) => !names.includes(name as keyof OperatorSettings)),
  );
}

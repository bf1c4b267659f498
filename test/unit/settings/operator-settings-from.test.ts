import { describe, expect, test } from 'vitest';
import { ConfigError } from '#shared/errors/config-error.ts';
import { operatorModeFrom } from '#shared/settings/operator-mode.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { operatorUsage } from '#shared/settings/operator-usage.ts';
import { operatorFlags } from '#shared/settings/operator-flags.ts';

describe('defaults', () => {
  test('fit a pod', () => {
    const env = {
      NAMESPACE: 'far',
      POD_NAME: 'operator-5f-abc',
      POD_IP: '10.0.0.7',
      KUBERNETES_SERVICE_HOST: '10.0.0.1',
      KUBERNETES_SERVICE_PORT: '443',
    };
    expect(operatorSettingsFrom([], env)).toEqual({
      watchNamespaces: [],
      namespace: 'far',
      kubeconfig: '',
      inCluster: { host: '10.0.0.1', port: '443' },
      replicaName: 'operator-5f-abc',
      leaseDurationMs: 15_000,
      listen: { address: '0.0.0.0', port: 6500 },
      serviceNames: [
        'farpoint-operator.far.svc',
        'farpoint-operator',
        'farpoint-operator.far',
        'farpoint-operator.far.svc.cluster.local',
      ],
      advertise: { host: '10.0.0.7', port: null },
      serviceAccount: 'farpoint-operator',
      peerTokenFile: '/var/run/secrets/farpoint.dev/token/token',
      tokenAudience: 'farpoint-operator',
      annotationPrefixes: ['dapr.io', 'farpoint.dev'],
      holdOffMs: 100,
      maxHoldOffMs: 1000,
      proxy: {
        image: '',
        imagePullPolicy: null,
        imagePullSecrets: [],
        controlPlaneAddress: 'farpoint-operator.far.svc:443',
        container: 'auto',
        resources: { cpuRequest: '50m', cpuLimit: '', memoryRequest: '64Mi', memoryLimit: '256Mi' },
        runAsUser: 65_532,
        runAsGroup: 65_532,
        urlCalls: 'allow',
        logAsJson: false,
      },
      webhooks: { listen: { address: '0.0.0.0', port: 9443 }, injectorName: '', validatorName: '' },
      services: { isOn: true },
      repair: {
        mode: 'report',
        intervalMs: 300_000,
        excludedNamespaces: ['kube-system', 'kube-node-lease'],
        evictionsPerMinute: 20,
      },
      ownerClusterRole: '',
      shutdownGraceMs: 10_000,
      metrics: { address: '0.0.0.0', port: 9090 },
      log: { level: 'info', json: false },
    });
  });

  test.each([
    [{}, 'farpoint-system'],
    [{ POD_NAMESPACE: 'pods' }, 'pods'],
    [{ POD_NAMESPACE: 'pods', NAMESPACE: 'own' }, 'own'],
  ])('with the environment %j the own namespace is %s', (env, namespace) => {
    expect(operatorSettingsFrom([], env).namespace).toBe(namespace);
  });

  test.each([
    [[], { KUBECONFIG: '/a', HOME: '/h' }, '/a'],
    [[], { HOME: '/h' }, '/h/.kube/config'],
    [[], { KUBECONFIG: '/a', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, ''],
    [['--kubeconfig=/b'], { KUBECONFIG: '/a', KUBERNETES_SERVICE_HOST: '10.0.0.1' }, '/b'],
  ])('%j with %j reads the kubeconfig %j', (argv, env, kubeconfig) => {
    expect(operatorSettingsFrom(argv, env).kubeconfig).toBe(kubeconfig);
  });

  test('the replica has a name that can stand in the name of an object', () => {
    expect(operatorSettingsFrom([], {}).replicaName).toMatch(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
  });
});

test('every flag is taken', () => {
  const argv = [
    '--watch-namespaces=a,b,a',
    '--namespace=own',
    '--kubeconfig=/k',
    '--replica-name=r-1',
    '--lease-duration=3s',
    '--listen-address=[::1]',
    '--port=0',
    '--service-names=one.example,[::1]',
    '--advertise-address=[fd00::1]:7000',
    '--service-account=me',
    '--peer-token-file=/t',
    '--token-audience=them',
    '--annotation-prefixes=example.org',
    '--owner-cluster-role=farpoint-operator',
    '--proxy-image=registry.local:5000/farpoint-proxy:1@sha256:ab',
    '--proxy-image-pull-policy=Always',
    '--proxy-image-pull-secrets=one,two,one',
    '--proxy-control-plane-address=[fd00::1]:7000',
    '--proxy-container=classic',
    '--proxy-cpu-request=0.1',
    '--proxy-cpu-limit=1',
    '--proxy-memory-request=',
    '--proxy-memory-limit=1Gi',
    '--proxy-run-as-user=1000',
    '--proxy-run-as-group=-1',
    '--proxy-url-calls=deny',
    '--proxy-log-as-json',
    '--webhook-listen-address=::1',
    '--webhook-port=0',
    '--injector-name=farpoint-injector',
    '--validator-name=farpoint-validator',
    '--services=false',
    '--repair=evict',
    '--repair-interval=1m',
    '--repair-excluded-namespaces=one,two,one',
    '--repair-evictions-per-minute=5',
    '--hold-off=10ms',
    '--max-hold-off=20ms',
    '--shutdown-grace=1s',
    '--metrics-port=0',
    '--metrics-listen-address=127.0.0.1',
    '--log-level=fatal',
    '--log-as-json',
  ];
  expect(operatorSettingsFrom(argv, {})).toEqual({
    watchNamespaces: ['a', 'b'],
    namespace: 'own',
    kubeconfig: '/k',
    inCluster: { host: '', port: '' },
    replicaName: 'r-1',
    leaseDurationMs: 3000,
    listen: { address: '::1', port: 0 },
    serviceNames: ['one.example', '::1'],
    advertise: { host: 'fd00::1', port: 7000 },
    serviceAccount: 'me',
    peerTokenFile: '/t',
    tokenAudience: 'them',
    annotationPrefixes: ['example.org', 'farpoint.dev'],
    holdOffMs: 10,
    maxHoldOffMs: 20,
    proxy: {
      image: 'registry.local:5000/farpoint-proxy:1@sha256:ab',
      imagePullPolicy: 'Always',
      imagePullSecrets: ['one', 'two'],
      controlPlaneAddress: '[fd00::1]:7000',
      container: 'classic',
      resources: { cpuRequest: '0.1', cpuLimit: '1', memoryRequest: '', memoryLimit: '1Gi' },
      runAsUser: 1000,
      runAsGroup: null,
      urlCalls: 'deny',
      logAsJson: true,
    },
    webhooks: {
      listen: { address: '::1', port: 0 },
      injectorName: 'farpoint-injector',
      validatorName: 'farpoint-validator',
    },
    services: { isOn: false },
    repair: { mode: 'evict', intervalMs: 60_000, excludedNamespaces: ['one', 'two'], evictionsPerMinute: 5 },
    ownerClusterRole: 'farpoint-operator',
    shutdownGraceMs: 1000,
    metrics: { address: '127.0.0.1', port: 0 },
    log: { level: 'error', json: true },
  });
});

describe('mistakes', () => {
  test.each([
    ['--watch-namespaces=A', '--watch-namespaces: give names of namespaces, separated by commas.'],
    ['--namespace=a.b', '--namespace: give the name of a namespace.'],
    [
      '--replica-name=A_b',
      '--replica-name: give lower-case letters, digits, dots and dashes, at most 200, as in the name of a pod.',
    ],
    ['--lease-duration=10ms', '--lease-duration: give 1s or more.'],
    ['--lease-duration=1h', '--lease-duration: give 10m or less.'],
    ['--listen-address=a b', '--listen-address: give a host name or an IP address.'],
    ['--service-names=a:1', '--service-names: give host names or IP addresses, no ports.'],
    ['--advertise-address=a:0', '--advertise-address: give HOST or HOST:PORT; put an IPv6 address in brackets.'],
    ['--advertise-address=http://a', '--advertise-address: give HOST or HOST:PORT; put an IPv6 address in brackets.'],
    ['--service-account=A', '--service-account: give the name of a ServiceAccount.'],
    ['--token-audience=', '--token-audience: give the audience that proxies ask tokens for.'],
    ['--annotation-prefixes=', '--annotation-prefixes: give one at least.'],
    ['--annotation-prefixes=dapr.io/', '--annotation-prefixes: give domains, no slash.'],
    ['--owner-cluster-role=A', '--owner-cluster-role: give the name of a ClusterRole.'],
    ['--proxy-image=a b', '--proxy-image: give a reference of an image.'],
    ['--proxy-image-pull-policy=Often', '--proxy-image-pull-policy: give Always, IfNotPresent or Never.'],
    ['--proxy-image-pull-secrets=A', '--proxy-image-pull-secrets: give names of Secrets.'],
    [
      '--proxy-control-plane-address=operator',
      '--proxy-control-plane-address: give a host and a port, such as farpoint-operator.farpoint-system.svc:443.',
    ],
    ['--proxy-container=init', '--proxy-container: give auto, native or classic.'],
    ['--proxy-cpu-request=much', '--proxy-cpu-request: give a quantity of more than 0, such as 50m.'],
    ['--proxy-memory-limit=lots', '--proxy-memory-limit: give a quantity of more than 0, such as 256Mi.'],
    [
      '--proxy-memory-limit=32Mi',
      '--proxy-memory-request is more than --proxy-memory-limit: give less, or a higher limit.',
    ],
    ['--proxy-cpu-limit=49m', '--proxy-cpu-request is more than --proxy-cpu-limit: give less, or a higher limit.'],
    [
      '--proxy-run-as-user=0',
      '--proxy-run-as-user: give a number from 1 to 2147483647, or -1; proxies never run as root.',
    ],
    ['--proxy-run-as-group=-2', '--proxy-run-as-group: give a number from 0 to 2147483647, or -1.'],
    ['--proxy-url-calls=no', '--proxy-url-calls: give allow or deny.'],
    ['--webhook-listen-address=', '--webhook-listen-address: give a host name or an IP address.'],
    ['--webhook-port=9090', '--webhook-port and --metrics-port are both 9090: give each a port of its own.'],
    ['--port=9443', '--port and --webhook-port are both 9443: give each a port of its own.'],
    ['--injector-name=A', '--injector-name: give the name of a MutatingWebhookConfiguration.'],
    ['--validator-name=a_b', '--validator-name: give the name of a ValidatingWebhookConfiguration.'],
    ['--repair=delete', '--repair: give off, report or evict.'],
    ['--repair-interval=1ms', '--repair-interval: give 1s or more.'],
    [
      '--repair-evictions-per-minute=0',
      '--repair-evictions-per-minute: give a number of 1 or more; --repair report evicts none.',
    ],
    ['--hold-off=-1s', '--hold-off: give a duration of 0 or more.'],
    ['--hold-off=2s', '--hold-off is longer than --max-hold-off: give less, or a longer --max-hold-off.'],
    ['--port=9090', '--port and --metrics-port are both 9090: give each a port of its own.'],
    ['--metrics-listen-address=', '--metrics-listen-address: give a host name or an IP address.'],
    ['--log-level=loud', '--log-level: give debug, info, warn, error or fatal.'],
    ['--zzzzzz', '--zzzzzz is not a flag: `--help` lists the flags.'],
  ])('%s', (argument, mistake) => {
    expect(() => operatorSettingsFrom([argument], {})).toThrow(new ConfigError([mistake]));
  });
});

describe('what is asked for', () => {
  test.each([
    [[], 'run'],
    [['--bogus'], 'run'],
    [['--version'], 'version'],
    [['--version', '--help', '--bogus'], 'help'],
  ])('%j: %s', (argv, mode) => {
    expect(operatorModeFrom(argv, {})).toBe(mode);
  });

  test('printing the version with a mistake beside it is refused', () => {
    expect(() => operatorModeFrom(['--version', '--bogus'], {})).toThrow(ConfigError);
  });
});

test('the usage names every flag', () => {
  for (const { name } of operatorFlags) expect(operatorUsage()).toContain(`  --${name}`);
});

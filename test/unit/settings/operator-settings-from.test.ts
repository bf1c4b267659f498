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
    '--annotation-prefixes=farpoint.dev',
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
    annotationPrefixes: ['farpoint.dev'],
    holdOffMs: 10,
    maxHoldOffMs: 20,
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

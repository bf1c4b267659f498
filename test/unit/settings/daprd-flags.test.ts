/** A command line that works for daprd works here: the flags of its documentation, with their defaults, spelled out. */
import { describe, expect, test } from 'vitest';
import type { Flag } from '#shared/settings/flag.ts';
import { ignoredFlags } from '#shared/settings/ignored-flags.ts';
import { parseFlags } from '#shared/settings/parse-flags.ts';
import { proxyFlags } from '#shared/settings/proxy-flags.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { proxyUsage } from '#shared/settings/proxy-usage.ts';

const flags: readonly Flag[] = [...proxyFlags, ...ignoredFlags];

const daprdFlags: readonly (readonly [name: string, value: string])[] = [
  ['mode', 'standalone'],
  ['app-id', 'myapp'],
  ['app-port', '8080'],
  ['app-protocol', 'http'],
  ['app-ssl', 'false'],
  ['app-channel-address', '127.0.0.1'],
  ['app-max-concurrency', '-1'],
  ['dapr-http-port', '3500'],
  ['dapr-grpc-port', '50001'],
  ['dapr-internal-grpc-port', '50002'],
  ['dapr-listen-addresses', '[::1],127.0.0.1'],
  ['dapr-public-port', '3501'],
  ['dapr-public-listen-address', ''],
  ['dapr-internal-grpc-listen-address', ''],
  ['unix-domain-socket', ''],
  ['resources-path', './resources'],
  ['components-path', ''],
  ['config', 'config.yaml'],
  ['max-body-size', '4Mi'],
  ['dapr-http-max-request-size', '-1'],
  ['read-buffer-size', '4Ki'],
  ['dapr-http-read-buffer-size', '-1'],
  ['dapr-graceful-shutdown-seconds', '-1'],
  ['dapr-block-shutdown-duration', '10s'],
  ['enable-metrics', 'true'],
  ['metrics-port', '9090'],
  ['metrics-listen-address', '0.0.0.0'],
  ['log-level', 'info'],
  ['log-as-json', 'true'],
  ['log-file', ''],
  ['enable-api-logging', 'false'],
  ['enable-app-health-check', 'true'],
  ['app-health-check-path', '/healthz'],
  ['app-health-probe-interval', '5'],
  ['app-health-probe-timeout', '500'],
  ['app-health-threshold', '3'],
  ['enable-profiling', 'false'],
  ['profile-port', '7777'],
  ['allowed-origins', '*'],
  ['enable-mtls', 'false'],
  ['sentry-address', 'dapr-sentry:443'],
  ['control-plane-address', 'dapr-api:443'],
  ['control-plane-namespace', 'dapr-system'],
  ['control-plane-trust-domain', 'localhost'],
  ['sentry-request-jwt-audiences', 'a,b'],
  ['disable-builtin-k8s-secret-store', 'false'],
  ['disable-init-endpoints', 'config,subscribe'],
  ['hot-reload-reconcile-interval', '60s'],
  ['app-binding-options-timeout', '10s'],
  ['placement-host-address', 'dapr-placement:50005'],
  ['actors-service', 'placement:dapr-placement:50005'],
  ['scheduler-host-address', 'dapr-scheduler:50006'],
  ['scheduler-job-streams', '3'],
  ['actors-disseminate-timeout', '30s'],
  ['reminders-service', 'scheduler'],
  ['version', 'false'],
  ['build-info', 'false'],
  ['wait', 'false'],
];

describe('daprd`s flags', () => {
  test.each(daprdFlags)('--%s is accepted in each of its spellings', (name, value) => {
    const flag = flags.find((known) => known.name === name);
    const spellings = [[`-${name}=${value}`], [`--${name}=${value}`]];
    if (flag?.kind !== 'boolean') spellings.push([`-${name}`, value], [`--${name}`, value]);
    for (const argv of spellings)
      expect(parseFlags(argv, {}, flags)).toMatchObject({ mistakes: [], given: new Set([name]) });
  });

  test('work together, as an injector gives them', () => {
    const settings = proxySettingsFrom(
      daprdFlags.flatMap(([name, value]) => [`--${name}=${value}`]),
      {},
    );
    expect(settings).toMatchObject({ appId: 'myapp', listen: { addresses: ['::1', '127.0.0.1'], publicPort: 3501 } });
  });

  test('are all there is, beside Farpoint`s own', () => {
    const dapr = new Set(daprdFlags.map(([name]) => name));
    expect(flags.map(({ name }) => name).filter((name) => !dapr.has(name))).toEqual([
      'app-ca-file',
      'dapr-error-statuses',
      'url-calls',
      'control-plane-token-file',
      'control-plane-ca-file',
      'table-cache-dir',
      'header-timeout',
      'idle-timeout',
      'body-idle-timeout',
      'max-connections',
      'max-requests-in-flight',
      'max-queued-requests',
      'retry-buffer-size',
      'retry-buffer-total',
      'upstream-connect-timeout',
      'upstream-response-timeout',
      'upstream-idle-timeout',
      'help',
    ]);
  });

  test('and Farpoint`s are all in the usage text, in lines that fit a terminal', () => {
    const usage = proxyUsage();
    for (const { name } of flags) expect(usage).toMatch(new RegExp(`--${name}\\b`));
    expect(usage.split('\n').filter((line) => line.length > 120)).toEqual([]);
  });

  test('have defaults that their own kind can read', () => {
    expect(
      parseFlags(
        flags.flatMap((flag) => (flag.default === null ? [] : [`--${flag.name}=${flag.default}`])),
        {},
        flags,
      ).mistakes,
    ).toEqual([]);
  });
});

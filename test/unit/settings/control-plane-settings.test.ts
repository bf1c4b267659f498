import { describe, expect, test } from 'vitest';
import { ConfigError } from '#shared/errors/config-error.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';

const kubernetes = ['--app-id=a', '--mode=kubernetes'];

function settingsFrom(argv: readonly string[]): ProxySettings {
  return proxySettingsFrom([...kubernetes, ...argv], { NAMESPACE: 'shop' });
}

function mistakesIn(argv: readonly string[]): readonly string[] {
  try {
    settingsFrom(argv);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('kubernetes mode', () => {
  test('needs only the address; the files are where the volumes of a pod put them', () => {
    expect(settingsFrom(['--control-plane-address=dapr-api.dapr-system.svc.cluster.local:443'])).toMatchObject({
      namespace: 'shop',
      controlPlane: {
        host: 'dapr-api.dapr-system.svc.cluster.local',
        port: 443,
        tokenFile: '/var/run/secrets/farpoint.dev/token/token',
        caFile: '/var/run/secrets/farpoint.dev/trust/ca.crt',
        tableCacheDir: '',
      },
    });
  });

  test.each([
    ['localhost:6500', 'localhost', 6500],
    ['127.0.0.1:1', '127.0.0.1', 1],
    ['[::1]:65535', '::1', 65_535],
  ])('takes the address %s apart', (text, host, port) => {
    expect(settingsFrom([`--control-plane-address=${text}`]).controlPlane).toMatchObject({ host, port });
  });

  test.each(['operator', 'operator:', ':443', 'operator:0', 'operator:65536', 'https://operator:443', '[1.2.3.4]:443'])(
    'does not take the address %s',
    (text) => {
      expect(mistakesIn([`--control-plane-address=${text}`])).toEqual([
        '--control-plane-address: give a host and a port, such as farpoint-operator.farpoint-system.svc:443.',
      ]);
    },
  );

  test('says every mistake', () => {
    expect(mistakesIn(['--control-plane-token-file=', '--control-plane-ca-file=', '--config=./config.yaml'])).toEqual([
      '--mode kubernetes needs --control-plane-address: give the host and port of the operator.',
      '--control-plane-token-file: give a file.',
      '--control-plane-ca-file: give a file.',
      '--config: with --mode kubernetes, give the name of a Configuration, not a file.',
    ]);
  });

  test('takes what an injector adds, and says what has no effect', () => {
    const { ignoredFlags, configFiles } = settingsFrom([
      '--control-plane-address=dapr-api:443',
      '--sentry-address=dapr-sentry:443',
      '--resources-path=/resources',
      '--config=appconfig',
    ]);
    expect(ignoredFlags).toEqual(['--sentry-address', '--resources-path']);
    expect(configFiles).toEqual(['appconfig']);
  });
});

test('in standalone mode the flags of the control plane change nothing, whatever they say', () => {
  const argv = ['--app-id=a', '--control-plane-address=nonsense', '--table-cache-dir=/cache'];
  expect(proxySettingsFrom(argv, {})).toMatchObject({
    controlPlane: null,
    ignoredFlags: ['--control-plane-address', '--table-cache-dir'],
  });
});

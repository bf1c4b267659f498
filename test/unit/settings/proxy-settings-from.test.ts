import { describe, expect, test } from 'vitest';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';

type Env = Readonly<Record<string, string>>;

function settingsFrom(argv: readonly string[], env: Env = {}): ProxySettings {
  return proxySettingsFrom(['--app-id', 'myapp', ...argv], env);
}

describe('the defaults', () => {
  test('are those of daprd, bounded and on loopback', () => {
    expect(settingsFrom([])).toEqual({
      appId: 'myapp',
      namespace: 'default',
      app: null,
      appMaxConcurrency: 0,
      appApiToken: null,
      apiToken: null,
      listen: {
        addresses: ['127.0.0.1'],
        port: 3500,
        unixDomainSocketDir: '',
        publicPort: null,
        publicAddress: '',
        h2c: true,
      },
      resourcesPaths: [],
      configFiles: [],
      controlPlane: null,
      limits: {
        maxBodyBytes: 4 * 2 ** 20,
        maxHeaderBytes: 8192,
        headerTimeoutMs: 10_000,
        idleTimeoutMs: 65_000,
        bodyIdleTimeoutMs: 30_000,
        maxConnections: 10_000,
        maxRequestsInFlight: 5000,
        maxQueuedRequests: 1000,
      },
      retryBuffer: { bytesPerCall: 256 * 2 ** 10, bytesInAll: 16 * 2 ** 20 },
      upstream: {
        connectTimeoutMs: 15_000,
        responseHeaderTimeoutMs: 0,
        responseIdleTimeoutMs: 0,
        httpProxy: '',
        httpsProxy: '',
        noProxy: '',
      },
      shutdown: { gracePeriodMs: 5000, blockMs: 0 },
      metrics: { enabled: true, port: 9090, address: '0.0.0.0' },
      log: { level: 'info', json: false, file: '' },
      apiLogging: null,
      allowedOrigins: [],
      daprErrorStatuses: false,
      urlCalls: 'allow',
      disableBuiltinKubernetesSecretStore: false,
      env: new Map(),
      allowedEnvNames: null,
      ignoredFlags: [],
    });
  });
});

describe('the application', () => {
  test('is described by its flags', () => {
    const argv = [
      '--app-port',
      '8080',
      '--app-protocol',
      'h2c',
      '--app-channel-address',
      '[::1]',
      '--app-max-concurrency=7',
    ];
    expect(settingsFrom(argv)).toMatchObject({
      app: { port: 8080, protocol: 'h2c', channelAddress: '::1', healthCheck: null },
      appMaxConcurrency: 7,
    });
  });

  test('is none when its port is 0 or empty', () => {
    expect(settingsFrom(['--app-port=0']).app).toBeNull();
    expect(settingsFrom(['--app-port=']).app).toBeNull();
  });

  test.each([
    ['http', 'https'],
    ['grpc', 'grpcs'],
    ['https', 'https'],
    ['h2c', 'h2c'],
  ])('--app-ssl turns %s into %s', (protocol, secured) => {
    const argv = ['--app-port=1', '--app-ssl', `--app-protocol=${protocol}`];
    expect(settingsFrom(argv).app?.protocol).toBe(secured);
  });

  test('is probed when asked for', () => {
    expect(settingsFrom(['--app-port=1', '--enable-app-health-check']).app?.healthCheck).toEqual({
      path: '/healthz',
      intervalMs: 5000,
      timeoutMs: 500,
      threshold: 3,
    });
  });

  test('is read from the environment that the Dapr command line sets', () => {
    const env = {
      APP_ID: 'fromenv',
      APP_PORT: '81',
      APP_PROTOCOL: 'https',
      DAPR_HTTP_PORT: '3600',
      DAPR_METRICS_PORT: '9191',
    };
    expect(proxySettingsFrom([], env)).toMatchObject({
      appId: 'fromenv',
      app: { port: 81, protocol: 'https' },
      listen: { port: 3600 },
      metrics: { port: 9191 },
    });
  });
});

describe('sizes', () => {
  test.each([
    [['--max-body-size=10M'], 10_000_000],
    [['--max-body-size=0'], 0],
    [['--max-body-size=-1'], 4 * 2 ** 20],
    [['--dapr-http-max-request-size=2'], 2 * 2 ** 20],
    [['--dapr-http-max-request-size=0'], 0],
    [['--dapr-http-max-request-size=-1'], 4 * 2 ** 20],
    [['--dapr-http-max-request-size=2', '--max-body-size=1Ki'], 1024],
    [['--dapr-http-max-request-size=2', '--max-body-size=-1'], 4 * 2 ** 20],
  ])('%j take bodies of %i bytes', (argv, bytes) => {
    expect(settingsFrom(argv).limits.maxBodyBytes).toBe(bytes);
  });

  test.each([
    [['--read-buffer-size=16Ki'], 20_480],
    [['--read-buffer-size=-1'], 8192],
    [['--read-buffer-size=0'], 2 ** 20 + 4096],
    [['--dapr-http-read-buffer-size=8'], 12_288],
    [['--dapr-http-read-buffer-size=8', '--read-buffer-size=1Ki'], 5120],
  ])('%j take headers of %i bytes, slack included', (argv, bytes) => {
    expect(settingsFrom(argv).limits.maxHeaderBytes).toBe(bytes);
  });
});

describe('lists', () => {
  test('of folders come from repeats, commas and the deprecated flag', () => {
    const argv = ['--resources-path', 'a,b', '-resources-path=c', '--components-path', 'd', '--config=x', '--config=y'];
    expect(settingsFrom(argv)).toMatchObject({ resourcesPaths: ['a', 'b', 'c', 'd'], configFiles: ['x', 'y'] });
  });

  test('of addresses lose their brackets and duplicates', () => {
    const { addresses } = settingsFrom(['--dapr-listen-addresses', '[::1],127.0.0.1, 127.0.0.1']).listen;
    expect(addresses).toEqual(['::1', '127.0.0.1']);
  });

  test('of addresses fall back to loopback when empty', () => {
    expect(settingsFrom(['--dapr-listen-addresses=']).listen.addresses).toEqual(['127.0.0.1']);
  });

  test('of origins are trimmed', () => {
    expect(settingsFrom(['--allowed-origins=https://a, https://b']).allowedOrigins).toEqual(['https://a', 'https://b']);
  });
});

describe('shutdown', () => {
  test.each([
    ['-1', 5000],
    ['-20', 5000],
    ['0', 0],
    ['30', 30_000],
  ])('waits as --dapr-graceful-shutdown-seconds %s says', (seconds, ms) => {
    expect(settingsFrom(['--dapr-graceful-shutdown-seconds', seconds]).shutdown.gracePeriodMs).toBe(ms);
  });

  test('keeps serving for --dapr-block-shutdown-duration', () => {
    expect(settingsFrom(['--dapr-block-shutdown-duration=1m']).shutdown.blockMs).toBe(60_000);
  });
});

describe('the environment', () => {
  const secret = 'hunter2-c0rrect-h0rse';

  test('gives tokens that cannot be printed', () => {
    const settings = settingsFrom([], { DAPR_API_TOKEN: secret, APP_API_TOKEN: secret });
    expect(settings.apiToken?.reveal()).toBe(secret);
    expect(settings.appApiToken?.reveal()).toBe(secret);
    expect(JSON.stringify(settings)).not.toContain(secret);
    expect(settings.apiToken?.version).not.toContain(secret);
    expect([...settings.env.values()]).not.toContain(secret);
  });

  test('gives no token when it is empty', () => {
    expect(settingsFrom([], { DAPR_API_TOKEN: '' }).apiToken).toBeNull();
  });

  test.each(['y', 'YES', 'True', 't', 'ON', '1'])('turns h2c off with DAPR_HTTP_DISABLE_H2C=%s', (value) => {
    expect(settingsFrom([], { DAPR_HTTP_DISABLE_H2C: value }).listen.h2c).toBe(false);
  });

  test.each(['', 'n', 'false', '0', 'maybe'])('leaves h2c on with DAPR_HTTP_DISABLE_H2C=%j', (value) => {
    expect(settingsFrom([], { DAPR_HTTP_DISABLE_H2C: value }).listen.h2c).toBe(true);
  });

  test('names the proxies for calls that leave, upper case first', () => {
    const env = {
      HTTP_PROXY: 'http://upper',
      http_proxy: 'http://lower',
      https_proxy: 'http://secure',
      NO_PROXY: 'a,b',
    };
    expect(settingsFrom([], env).upstream).toMatchObject({
      httpProxy: 'http://upper',
      httpsProxy: 'http://secure',
      noProxy: 'a,b',
    });
  });

  test('limits what envRef may read with DAPR_ENV_KEYS', () => {
    expect(settingsFrom([], { DAPR_ENV_KEYS: ' ZONE  REGION ' }).allowedEnvNames).toEqual(new Set(['ZONE', 'REGION']));
  });

  test('gives the namespace', () => {
    expect(settingsFrom([], { NAMESPACE: 'prod' }).namespace).toBe('prod');
  });
});

describe('flags of daprd that do not concern invocation', () => {
  test('are accepted and named as given', () => {
    const argv = ['--enable-mtls', '--placement-host-address', 'a:1,b:2', '--scheduler-job-streams=3'];
    expect(settingsFrom(argv).ignoredFlags).toEqual([
      '--enable-mtls',
      '--placement-host-address',
      '--scheduler-job-streams',
    ]);
  });
});

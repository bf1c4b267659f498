/** Flags and environment -> ProxySettings, or every mistake at once. Pure. */
import { ConfigError } from '../errors/config-error.ts';
import { Sensitive } from '../table/sensitive.ts';
import { controlPlaneFrom, controlPlaneRules, flagsWithoutEffect } from './control-plane-settings.ts';
import { ignoredFlags } from './ignored-flags.ts';
import { isTruthy } from './is-truthy.ts';
import { logLevelFrom } from './log-level-from.ts';
import { parseFlags, type Environment } from './parse-flags.ts';
import { brokenProxyVariables, proxyVariable } from './proxy-variables.ts';
import { brokenFlagRules, withoutBrackets, type ProxyFlagValues } from './proxy-flag-rules.ts';
import { proxyFlags } from './proxy-flags.ts';
import type { AppProtocol, AppSettings, ProxySettings } from './proxy-settings.ts';
import { maxBodyBytesFrom, maxHeaderBytesFrom } from './size-limits.ts';

const defaultGraceSeconds = 5;
const appProtocols: readonly AppProtocol[] = ['http', 'https', 'h2c', 'grpc', 'grpcs'];
/** Farpoint's own secrets: nothing that a manifest refers to may read them. */
const tokenNames: readonly string[] = ['DAPR_API_TOKEN', 'APP_API_TOKEN'];

/** Reads the settings of `farpoint proxy`. Throws ConfigError with every mistake. */
export function proxySettingsFrom(argv: readonly string[], env: Environment): ProxySettings {
  const { values, given, mistakes } = parseFlags(argv, env, [...proxyFlags, ...ignoredFlags]);
  const all = [...mistakes, ...brokenFlagRules(values), ...controlPlaneRules(values), ...brokenProxyVariables(env)];
  if (all.length > 0) throw new ConfigError(all);
  return {
    appId: values['app-id'],
    namespace: nonEmpty(env['NAMESPACE']) ?? 'default',
    app: appFrom(values),
    appMaxConcurrency: Math.max(0, values['app-max-concurrency']),
    appApiToken: tokenFrom('APP_API_TOKEN', env),
    apiToken: tokenFrom('DAPR_API_TOKEN', env),
    listen: listenFrom(values, env),
    resourcesPaths: [...values['resources-path'], ...[values['components-path']].filter((path) => path !== '')],
    configFiles: values.config,
    controlPlane: controlPlaneFrom(values),
    limits: limitsFrom(values),
    retryBuffer: { bytesPerCall: values['retry-buffer-size'], bytesInAll: values['retry-buffer-total'] },
    upstream: upstreamFrom(values, env),
    shutdown: { gracePeriodMs: gracePeriodMsFrom(values), blockMs: values['dapr-block-shutdown-duration'] },
    metrics: {
      enabled: values['enable-metrics'],
      port: values['metrics-port'] ?? 9090,
      address: withoutBrackets(values['metrics-listen-address'] || '0.0.0.0'),
    },
    log: {
      level: logLevelFrom(values['log-level']),
      json: values['log-as-json'],
      file: values['log-file'],
    },
    apiLogging: values['enable-api-logging'],
    allowedOrigins: values['allowed-origins'].map((origin) => origin.trim()).filter((origin) => origin !== ''),
    daprErrorStatuses: values['dapr-error-statuses'],
    urlCalls: values['url-calls'] === 'deny' ? 'deny' : 'allow',
    disableBuiltinKubernetesSecretStore: values['disable-builtin-k8s-secret-store'],
    env: readableEnvironment(env),
    allowedEnvNames: allowedEnvNamesFrom(env),
    // The injector writes some with their default value, which is what is without them.
    ignoredFlags: [
      ...ignoredFlags.filter(({ name, default: value }) => value !== String(values[name])).map(({ name }) => name),
      ...flagsWithoutEffect(values),
    ]
      .filter((name) => given.has(name))
      .map((name) => `--${name}`),
  };
}

function appFrom(values: ProxyFlagValues): AppSettings | null {
  const port = values['app-port'];
  if (port === null || port === 0) return null;
  return {
    port,
    protocol: protocolFrom(values),
    channelAddress: withoutBrackets(values['app-channel-address']),
    caFile: values['app-ca-file'],
    healthCheck: values['enable-app-health-check']
      ? {
          path: values['app-health-check-path'],
          intervalMs: values['app-health-probe-interval'] * 1000,
          timeoutMs: values['app-health-probe-timeout'],
          threshold: values['app-health-threshold'],
        }
      : null,
  };
}

function protocolFrom(values: ProxyFlagValues): AppProtocol {
  const protocol = appProtocols.find((known) => known === values['app-protocol']) ?? 'http';
  if (!values['app-ssl']) return protocol;
  return protocol === 'grpc' ? 'grpcs' : protocol === 'http' ? 'https' : protocol;
}

function listenFrom(values: ProxyFlagValues, env: Environment): ProxySettings['listen'] {
  const addresses = values['dapr-listen-addresses'].map((address) => withoutBrackets(address.trim()));
  return {
    addresses: addresses.length === 0 ? ['127.0.0.1'] : [...new Set(addresses)],
    port: values['dapr-http-port'] ?? 3500,
    unixDomainSocketDir: values['unix-domain-socket'],
    publicPort: values['dapr-public-port'],
    publicAddress: withoutBrackets(values['dapr-public-listen-address']),
    h2c: !isTruthy(env['DAPR_HTTP_DISABLE_H2C']),
  };
}

function limitsFrom(values: ProxyFlagValues): ProxySettings['limits'] {
  return {
    maxBodyBytes: maxBodyBytesFrom(values),
    maxHeaderBytes: maxHeaderBytesFrom(values),
    headerTimeoutMs: values['header-timeout'],
    idleTimeoutMs: values['idle-timeout'],
    bodyIdleTimeoutMs: values['body-idle-timeout'],
    maxConnections: values['max-connections'],
    maxRequestsInFlight: values['max-requests-in-flight'],
    maxQueuedRequests: values['max-queued-requests'],
  };
}

function upstreamFrom(values: ProxyFlagValues, env: Environment): ProxySettings['upstream'] {
  return {
    connectTimeoutMs: values['upstream-connect-timeout'],
    responseHeaderTimeoutMs: values['upstream-response-timeout'],
    responseIdleTimeoutMs: values['upstream-idle-timeout'],
    httpProxy: proxyVariable('HTTP_PROXY', env),
    httpsProxy: proxyVariable('HTTPS_PROXY', env),
    noProxy: proxyVariable('NO_PROXY', env),
  };
}

function gracePeriodMsFrom(values: ProxyFlagValues): number {
  const seconds = values['dapr-graceful-shutdown-seconds'];
  return (seconds < 0 ? defaultGraceSeconds : seconds) * 1000;
}

/** The version is one for the life of the process, as its environment is; it says nothing about the value. */
function tokenFrom(name: string, env: Environment): Sensitive | null {
  const token = nonEmpty(env[name]);
  return token === undefined ? null : new Sensitive(token, { ref: `env ${name}`, version: 'process' });
}

function readableEnvironment(env: Environment): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || tokenNames.includes(name) ? [] : [[name, value] as const],
    ),
  );
}

function allowedEnvNamesFrom(env: Environment): ReadonlySet<string> | null {
  const names = (env['DAPR_ENV_KEYS'] ?? '').split(/\s+/).filter((name) => name !== '');
  return names.length === 0 ? null : new Set(names);
}

/** The first that is neither missing nor empty. */
function nonEmpty(...values: readonly (string | undefined)[]): string | undefined {
  return values.find((value) => value !== undefined && value !== '');
}

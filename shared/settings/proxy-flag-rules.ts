/** What the values of the flags must satisfy, one by one and together. Each message says what, and what to do. */
import { isIP } from 'node:net';
import * as z from 'zod/mini';
import type { FlagValues } from './parse-flags.ts';
import type { ignoredFlags } from './ignored-flags.ts';
import type { proxyFlags } from './proxy-flags.ts';

/** The values of every flag of `farpoint proxy`. */
export type ProxyFlagValues = FlagValues<(typeof proxyFlags)[number] | (typeof ignoredFlags)[number]>;

type Name = keyof ProxyFlagValues;

const hostNamePattern = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i;

const schema = z.object({
  mode: oneOf('mode', ['standalone', 'kubernetes']),
  'app-id': z.string().check(
    z.refine((id) => id !== '', '--app-id is required: give the name of the application.'),
    z.refine((id) => !id.includes('.'), '--app-id cannot contain dots: give a name without them.'),
    z.refine(
      (id) => !/[\s/\\\u0000-\u001f\u007f]/.test(id),
      '--app-id cannot contain spaces, slashes or control characters.',
    ),
  ),
  'app-protocol': oneOf('app-protocol', ['http', 'https', 'h2c', 'grpc', 'grpcs']),
  'app-channel-address': z
    .string()
    .check(z.refine(isHost, '--app-channel-address: give a host name or an IP address.')),
  'app-health-check-path': z
    .string()
    .check(
      z.refine((path) => /^\/[\u0021-\u007e]*$/.test(path), '--app-health-check-path: give a path that starts with /.'),
    ),
  'dapr-listen-addresses': z.array(
    z
      .string()
      .check(z.refine((host) => isHost(host.trim()), '--dapr-listen-addresses: give host names or IP addresses.')),
  ),
  'dapr-public-listen-address': z
    .string()
    .check(
      z.refine(
        (host) => host === '' || isHost(host),
        '--dapr-public-listen-address: give a host name or an IP address.',
      ),
    ),
  'metrics-listen-address': z
    .string()
    .check(
      z.refine((host) => host === '' || isHost(host), '--metrics-listen-address: give a host name or an IP address.'),
    ),
  'url-calls': oneOf('url-calls', ['allow', 'deny']),
  'log-level': oneOf('log-level', ['debug', 'info', 'warn', 'error', 'fatal']),
  'max-body-size': z.nullable(
    z.number().check(z.gte(-1, '--max-body-size: give a size of 0 (no limit) or more, or -1 for the default.')),
  ),
  'read-buffer-size': z.nullable(
    z
      .number()
      .check(
        z.gte(-1, '--read-buffer-size: give a size of 0 or more, or -1 for the default.'),
        z.lte(2 ** 30, '--read-buffer-size: give at most 1Gi.'),
      ),
  ),
  'dapr-http-max-request-size': z
    .number()
    .check(
      z.gte(-1, '--dapr-http-max-request-size: give 0 (no limit) or more megabytes, or -1 for the default.'),
      z.lte(2 ** 30, '--dapr-http-max-request-size is in megabytes: give less.'),
    ),
  'dapr-http-read-buffer-size': z
    .number()
    .check(
      z.gte(-1, '--dapr-http-read-buffer-size: give 0 or more kilobytes, or -1 for the default.'),
      z.lte(2 ** 20, '--dapr-http-read-buffer-size is in kilobytes: give at most 1048576.'),
    ),
  'header-timeout': positiveDuration('header-timeout'),
  'idle-timeout': positiveDuration('idle-timeout'),
  'body-idle-timeout': positiveDuration('body-idle-timeout'),
  'max-connections': countOf('max-connections', 1),
  'max-requests-in-flight': countOf('max-requests-in-flight', 1),
  'max-queued-requests': countOf('max-queued-requests', 0),
  'retry-buffer-size': sizeOf('retry-buffer-size'),
  'retry-buffer-total': sizeOf('retry-buffer-total'),
  'upstream-connect-timeout': positiveDuration('upstream-connect-timeout'),
  'upstream-response-timeout': durationOrNone('upstream-response-timeout'),
  'upstream-idle-timeout': durationOrNone('upstream-idle-timeout'),
  'dapr-block-shutdown-duration': durationOrNone('dapr-block-shutdown-duration'),
  'dapr-graceful-shutdown-seconds': z
    .number()
    .check(z.lte(2_147_483, '--dapr-graceful-shutdown-seconds: give at most 2147483, or 0 for no limit.')),
});

/** Returns a sentence for each rule that the values break. */
export function brokenFlagRules(values: ProxyFlagValues): string[] {
  const alone = schema.safeParse(values).error?.issues.map(({ message }) => message) ?? [];
  return [...new Set([...alone, ...portRules(values), ...healthRules(values)])];
}

function portRules(values: ProxyFlagValues): string[] {
  const own: readonly Name[] = [
    ...(values['unix-domain-socket'] === '' ? (['dapr-http-port'] as const) : []),
    'dapr-public-port',
    ...(values['enable-metrics'] ? (['metrics-port'] as const) : []),
  ];
  // daprd refuses these whether or not it listens there.
  const closedToApp: readonly Name[] = [...new Set<Name>(['dapr-http-port', 'dapr-grpc-port', ...own])];
  return [
    ...closedToApp
      .filter((name) => isSamePort(values[name], values['app-port']))
      .map(
        (name) => `--app-port and --${name} are both ${values['app-port']}: give the application a port of its own.`,
      ),
    ...own.flatMap((first, index) =>
      own
        .slice(index + 1)
        .filter((second) => isSamePort(values[first], values[second]))
        .map((second) => `--${first} and --${second} are both ${String(values[first])}: give each a port of its own.`),
    ),
  ];
}

/** None and 0 (any free port, or no application) are the same as nothing. */
function isSamePort(left: ProxyFlagValues[Name], right: ProxyFlagValues[Name]): boolean {
  return left !== null && left !== 0 && left === right;
}

function healthRules(values: ProxyFlagValues): string[] {
  if (!values['enable-app-health-check']) return [];
  const intervalSeconds = values['app-health-probe-interval'];
  const timeoutMs = values['app-health-probe-timeout'];
  return [
    isBetween(intervalSeconds, 1, 86_400) ? '' : '--app-health-probe-interval: give seconds, from 1 to 86400.',
    timeoutMs > 0 ? '' : '--app-health-probe-timeout: give milliseconds, more than 0.',
    timeoutMs <= intervalSeconds * 1000 || intervalSeconds <= 0
      ? ''
      : `--app-health-probe-timeout (${timeoutMs} ms) is longer than --app-health-probe-interval (${intervalSeconds} s): give less.`,
    values['app-health-threshold'] > 0 ? '' : '--app-health-threshold: give a number of probes, 1 or more.',
  ].filter((mistake) => mistake !== '');
}

function oneOf(name: Name, choices: readonly string[]): z.ZodMiniString {
  const list = `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`;
  return z.string().check(z.refine((choice) => choices.includes(choice), `--${name}: give ${list}.`));
}

function positiveDuration(name: Name): z.ZodMiniNumber {
  return z.number().check(z.gt(0, `--${name}: give a duration of more than 0.`));
}

function durationOrNone(name: Name): z.ZodMiniNumber {
  return z.number().check(z.gte(0, `--${name}: give a duration of 0 or more.`));
}

/** Of memory that one proxy may hold. */
function sizeOf(name: Name): z.ZodMiniNumber {
  return z
    .number()
    .check(
      z.gte(0, `--${name}: give a size of 0 (nothing is kept) or more.`),
      z.lte(2 ** 30, `--${name}: give at most 1Gi.`),
    );
}

function countOf(name: Name, least: number): z.ZodMiniNumber {
  return z.number().check(z.gte(least, `--${name}: give a number of ${least} or more.`));
}

function isHost(host: string): boolean {
  return isIP(withoutBrackets(host)) !== 0 || hostNamePattern.test(host);
}

function isBetween(number: number, least: number, most: number): boolean {
  return number >= least && number <= most;
}

/** `[::1]` as people write an IPv6 address beside a port, `::1` as the system takes it. */
export function withoutBrackets(host: string): string {
  return host.startsWith('[') && host.endsWith(']') ? host.slice(1, -1) : host;
}

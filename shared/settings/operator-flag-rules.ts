/** What the values of the operator's flags must satisfy. Each message says what, and what to do. */
import { isIP } from 'node:net';
import * as z from 'zod/mini';
import type { operatorFlags } from './operator-flags.ts';
import type { FlagValues } from './parse-flags.ts';
import { withoutBrackets } from './proxy-flag-rules.ts';

/** The values of every flag of `farpoint operator`. */
export type OperatorFlagValues = FlagValues<(typeof operatorFlags)[number]>;

const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Room is left for what is put before it in the names of Leases. */
const longestReplicaName = 200;
const longestLeaseMs = 600_000;
const shortestLeaseMs = 1_000;

const schema = z.object({
  'watch-namespaces': z.array(
    z.string().check(z.refine(isNamespace, '--watch-namespaces: give names of namespaces, separated by commas.')),
  ),
  namespace: z
    .string()
    .check(z.refine((name) => name === '' || isNamespace(name), '--namespace: give the name of a namespace.')),
  'replica-name': z
    .string()
    .check(
      z.refine(
        (name) => name === '' || isReplicaName(name),
        '--replica-name: give lower-case letters, digits, dots and dashes, at most 200, as in the name of a pod.',
      ),
    ),
  'lease-duration': z
    .number()
    .check(
      z.gte(shortestLeaseMs, '--lease-duration: give 1s or more.'),
      z.lte(longestLeaseMs, '--lease-duration: give 10m or less.'),
    ),
  'listen-address': z.string().check(z.refine(isHost, '--listen-address: give a host name or an IP address.')),
  'service-names': z.array(
    z
      .string()
      .check(z.refine((name) => isHost(name.trim()), '--service-names: give host names or IP addresses, no ports.')),
  ),
  'advertise-address': z
    .string()
    .check(
      z.refine(
        (address) => address === '' || hostAndPort(address) !== null,
        '--advertise-address: give HOST or HOST:PORT; put an IPv6 address in brackets.',
      ),
    ),
  'service-account': z.string().check(z.refine(isDomain, '--service-account: give the name of a ServiceAccount.')),
  'token-audience': z
    .string()
    .check(z.refine((audience) => audience !== '', '--token-audience: give the audience that proxies ask tokens for.')),
  'annotation-prefixes': z
    .array(
      z.string().check(z.refine((prefix) => isDomain(prefix.trim()), '--annotation-prefixes: give domains, no slash.')),
    )
    .check(z.minLength(1, '--annotation-prefixes: give one at least.')),
  'hold-off': z.number().check(z.gte(0, '--hold-off: give a duration of 0 or more.')),
  'max-hold-off': z.number().check(z.gte(0, '--max-hold-off: give a duration of 0 or more.')),
  'shutdown-grace': z.number().check(z.gte(0, '--shutdown-grace: give a duration of 0 or more.')),
  'metrics-listen-address': z
    .string()
    .check(z.refine(isHost, '--metrics-listen-address: give a host name or an IP address.')),
  'log-level': z
    .string()
    .check(
      z.refine(
        (level) => ['debug', 'info', 'warn', 'error', 'fatal'].includes(level),
        '--log-level: give debug, info, warn, error or fatal.',
      ),
    ),
});

/** Returns a sentence for each rule that the values break. */
export function brokenOperatorRules(values: OperatorFlagValues): string[] {
  const alone = schema.safeParse(values).error?.issues.map(({ message }) => message) ?? [];
  return [...new Set([...alone, ...jointRules(values)])];
}

function jointRules(values: OperatorFlagValues): string[] {
  const { port } = values;
  const mistakes: string[] = [];
  if (port !== null && port !== 0 && port === values['metrics-port'])
    mistakes.push(`--port and --metrics-port are both ${port}: give each a port of its own.`);
  if (values['hold-off'] > values['max-hold-off'])
    mistakes.push('--hold-off is longer than --max-hold-off: give less, or a longer --max-hold-off.');
  return mistakes;
}

/** Takes `host`, `host:port`, `::1` and `[::1]:port` apart; `null`: it is none of them. */
export function hostAndPort(text: string): { readonly host: string; readonly port: number | null } | null {
  if (isHost(text)) return { host: withoutBrackets(text), port: null };
  const match = /^(.+):(\d{1,5})$/.exec(text);
  const [, host = '', digits = ''] = match ?? [];
  const port = Number(digits);
  if (match === null || port < 1 || port > 65_535) return null;
  // `::1:6500` would be an address as well as an address with a port.
  const isClear = host.startsWith('[') ? isIP(withoutBrackets(host)) === 6 : !host.includes(':') && isHost(host);
  return isClear ? { host: withoutBrackets(host), port } : null;
}

/** Whether it can stand in the name of an object. */
export function isReplicaName(name: string): boolean {
  return name.length <= longestReplicaName && isDomain(name);
}

function isNamespace(name: string): boolean {
  return labelPattern.test(name);
}

function isDomain(name: string): boolean {
  return name.split('.').every((label) => labelPattern.test(label));
}

function isHost(host: string): boolean {
  return isIP(withoutBrackets(host)) !== 0 || isDomain(host.toLowerCase());
}

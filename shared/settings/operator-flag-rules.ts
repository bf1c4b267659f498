/** What the values of the operator's flags must satisfy. Each message says what, and what to do. */
import * as z from 'zod/mini';
import { hostAndPort, isDomain, isHost } from './host-and-port.ts';
import type { operatorFlags } from './operator-flags.ts';
import { brokenProxyPodRules } from './operator-proxy-flag-rules.ts';
import type { FlagValues } from './parse-flags.ts';

/** The values of every flag of `farpoint operator`. */
export type OperatorFlagValues = FlagValues<(typeof operatorFlags)[number]>;

const labelPattern = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** Room is left for what is put before it in the names of Leases. */
const longestReplicaName = 200;
const longestLeaseMs = 600_000;
const shortestLeaseMs = 1_000;
const shortestRepairMs = 1_000;

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
  'owner-cluster-role': nameOrNone('owner-cluster-role', 'a ClusterRole'),
  'webhook-listen-address': z
    .string()
    .check(z.refine(isHost, '--webhook-listen-address: give a host name or an IP address.')),
  'injector-name': nameOrNone('injector-name', 'a MutatingWebhookConfiguration'),
  'validator-name': nameOrNone('validator-name', 'a ValidatingWebhookConfiguration'),
  repair: z
    .string()
    .check(z.refine((mode) => ['off', 'report', 'evict'].includes(mode), '--repair: give off, report or evict.')),
  'repair-interval': z.number().check(z.gte(shortestRepairMs, '--repair-interval: give 1s or more.')),
  'repair-excluded-namespaces': z.array(
    z
      .string()
      .check(z.refine(isNamespace, '--repair-excluded-namespaces: give names of namespaces, separated by commas.')),
  ),
  'repair-evictions-per-minute': z
    .number()
    .check(z.gte(1, '--repair-evictions-per-minute: give a number of 1 or more; --repair report evicts none.')),
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
  return [...new Set([...alone, ...brokenProxyPodRules(values), ...jointRules(values)])];
}

function jointRules(values: OperatorFlagValues): string[] {
  const mistakes = (
    [
      ['port', 'metrics-port'],
      ['port', 'webhook-port'],
      ['webhook-port', 'metrics-port'],
    ] as const
  )
    .filter(([first, second]) => isSamePort(values[first], values[second]))
    .map(([first, second]) => `--${first} and --${second} are both ${values[first]}: give each a port of its own.`);
  if (values['hold-off'] > values['max-hold-off'])
    mistakes.push('--hold-off is longer than --max-hold-off: give less, or a longer --max-hold-off.');
  return mistakes;
}

/** Whether it can stand in the name of an object. */
export function isReplicaName(name: string): boolean {
  return name.length <= longestReplicaName && isDomain(name);
}

function isNamespace(name: string): boolean {
  return labelPattern.test(name);
}

/** 0: any free one. */
function isSamePort(left: number | null, right: number | null): boolean {
  return left !== null && left !== 0 && left === right;
}

function nameOrNone(name: keyof OperatorFlagValues, ofWhat: string): z.ZodMiniString {
  return z
    .string()
    .check(z.refine((value) => value === '' || isObjectName(value), `--${name}: give the name of ${ofWhat}.`));
}

/** Names of ClusterRoles may hold more, such as colons; nothing that owns anything of ours is named so. */
function isObjectName(name: string): boolean {
  return name.length <= 253 && isDomain(name);
}

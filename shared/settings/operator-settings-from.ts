/** Flags and environment -> OperatorSettings, or every mistake at once. */
import { hostname } from 'node:os';
import { ConfigError } from '../errors/config-error.ts';
import { hostAndPort } from './host-and-port.ts';
import { logLevelFrom } from './log-level-from.ts';
import { brokenOperatorRules, isReplicaName, type OperatorFlagValues } from './operator-flag-rules.ts';
import { operatorFlags } from './operator-flags.ts';
import { proxyPodSettingsFrom } from './operator-proxy-flag-rules.ts';
import type { OperatorSettings, RepairMode } from './operator-settings.ts';
import { parseFlags, type Environment } from './parse-flags.ts';
import { withoutBrackets } from './proxy-flag-rules.ts';

const defaultNamespace = 'farpoint-system';
const serviceName = 'farpoint-operator';
/** Farpoint's own: what only Farpoint has is said with it, so it works whatever other prefixes there are. */
const ownPrefix = 'farpoint.dev';
const repairModes: readonly RepairMode[] = ['off', 'report', 'evict'];

/** Reads the settings of `farpoint operator`. Throws ConfigError with every mistake. */
export function operatorSettingsFrom(argv: readonly string[], env: Environment): OperatorSettings {
  const { values, mistakes } = parseFlags(argv, env, operatorFlags);
  const all = [...mistakes, ...brokenOperatorRules(values)];
  if (all.length > 0) throw new ConfigError(all);
  const namespace = values.namespace || env['POD_NAMESPACE'] || defaultNamespace;
  return {
    watchNamespaces: [...new Set(values['watch-namespaces'])],
    namespace,
    kubeconfig: kubeconfigFrom(values, env),
    inCluster: { host: env['KUBERNETES_SERVICE_HOST'] ?? '', port: env['KUBERNETES_SERVICE_PORT'] ?? '' },
    replicaName: values['replica-name'] || ownName(),
    leaseDurationMs: values['lease-duration'],
    listen: { address: withoutBrackets(values['listen-address']), port: values.port ?? 6500 },
    serviceNames: serviceNamesFrom(values, namespace),
    advertise: hostAndPort(values['advertise-address']) ?? { host: '127.0.0.1', port: null },
    serviceAccount: values['service-account'],
    peerTokenFile: values['peer-token-file'],
    tokenAudience: values['token-audience'],
    annotationPrefixes: prefixesFrom(values),
    holdOffMs: values['hold-off'],
    maxHoldOffMs: values['max-hold-off'],
    proxy: proxyPodSettingsFrom(values, `${serviceName}.${namespace}.svc:443`),
    webhooks: {
      listen: { address: withoutBrackets(values['webhook-listen-address']), port: values['webhook-port'] ?? 9443 },
      injectorName: values['injector-name'],
      validatorName: values['validator-name'],
    },
    services: { isOn: values.services },
    repair: {
      mode: repairModes.find((mode) => mode === values.repair) ?? 'report',
      intervalMs: values['repair-interval'],
      excludedNamespaces: [...new Set(values['repair-excluded-namespaces'])],
      evictionsPerMinute: values['repair-evictions-per-minute'],
    },
    ownerClusterRole: values['owner-cluster-role'],
    shutdownGraceMs: values['shutdown-grace'],
    metrics: { address: withoutBrackets(values['metrics-listen-address']), port: values['metrics-port'] ?? 9090 },
    log: { level: logLevelFrom(values['log-level']), json: values['log-as-json'] },
  };
}

function prefixesFrom(values: OperatorFlagValues): readonly string[] {
  const prefixes = values['annotation-prefixes'].map((prefix) => prefix.trim());
  return prefixes.includes(ownPrefix) ? prefixes : [...prefixes, ownPrefix];
}

/** kubectl's order, but a pod's own ServiceAccount comes first, as for every program that runs in a cluster. */
function kubeconfigFrom(values: OperatorFlagValues, env: Environment): string {
  const isInPod = (env['KUBERNETES_SERVICE_HOST'] ?? '') !== '';
  if (values.kubeconfig !== '' || isInPod) return values.kubeconfig;
  return env['KUBECONFIG'] || `${env['HOME'] ?? ''}/.kube/config`;
}

function serviceNamesFrom(values: OperatorFlagValues, namespace: string): readonly string[] {
  const given = values['service-names'].map((name) => withoutBrackets(name.trim()));
  if (given.length > 0) return [...new Set(given)];
  const full = `${serviceName}.${namespace}.svc`;
  return [full, serviceName, `${serviceName}.${namespace}`, `${full}.cluster.local`];
}

/** The host name, where it can stand in the name of an object; anything else would not start. */
function ownName(): string {
  const name = hostname().toLowerCase();
  return isReplicaName(name) ? name : `replica-${process.pid}`;
}

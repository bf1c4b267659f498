/** Flags and environment -> OperatorSettings, or every mistake at once. */
import { hostname } from 'node:os';
import { ConfigError } from '../errors/config-error.ts';
import { logLevelFrom } from './log-level-from.ts';
import { brokenOperatorRules, hostAndPort, isReplicaName, type OperatorFlagValues } from './operator-flag-rules.ts';
import { operatorFlags } from './operator-flags.ts';
import type { OperatorSettings } from './operator-settings.ts';
import { parseFlags, type Environment } from './parse-flags.ts';
import { withoutBrackets } from './proxy-flag-rules.ts';

const defaultNamespace = 'farpoint-system';
const serviceName = 'farpoint-operator';

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
    annotationPrefixes: values['annotation-prefixes'].map((prefix) => prefix.trim()),
    holdOffMs: values['hold-off'],
    maxHoldOffMs: values['max-hold-off'],
    shutdownGraceMs: values['shutdown-grace'],
    metrics: { address: withoutBrackets(values['metrics-listen-address']), port: values['metrics-port'] ?? 9090 },
    log: { level: logLevelFrom(values['log-level']), json: values['log-as-json'] },
  };
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

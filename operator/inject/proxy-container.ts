/** The proxy's container, as it stands in the pod. Pure. */
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { httpPort, publicPort } from './argument-table.ts';
import type { ProbeTimes, ProxyPlan } from './injection-report.ts';
import { proxyContainerName } from './pod.ts';
import { proxyVolumeMounts } from './proxy-volumes.ts';

const outboundPath = '/v1.0/healthz/outbound';
const healthPath = '/v1.0/healthz';
/** The most that Kubernetes takes: a proxy that waits for the operator is not to be killed for it. */
const unlimited = 2 ** 31 - 1;
const secondsPerTry = 1;

/** The image's own entry point runs the proxy, so there are arguments and no command. */
export function proxyContainer(plan: ProxyPlan): UnknownRecord {
  const { container, image, imagePullPolicy, args, env, probes, mounts, app } = plan;
  const userMounts = mounts.map(({ volume, path, isReadOnly }) => ({
    name: volume,
    mountPath: path,
    ...(isReadOnly ? { readOnly: true } : {}),
  }));
  return {
    name: proxyContainerName,
    image,
    ...(imagePullPolicy === null ? {} : { imagePullPolicy }),
    ...(container === 'native' ? { restartPolicy: 'Always' } : {}),
    args,
    env,
    ports: ports(plan),
    resources: resources(plan),
    ...(container === 'native' ? { startupProbe: startupProbe() } : {}),
    livenessProbe: { tcpSocket: { port: publicPort }, ...times(probes.liveness) },
    readinessProbe: { httpGet: { path: healthPath, port: publicPort }, ...times(probes.readiness) },
    securityContext: securityContext(plan),
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [...proxyVolumeMounts(app.socketPath !== ''), ...userMounts],
  };
}

function ports({ metricsPort }: ProxyPlan): readonly UnknownRecord[] {
  return [
    { name: 'dapr-http', containerPort: httpPort, protocol: 'TCP' },
    { name: 'dapr-public', containerPort: publicPort, protocol: 'TCP' },
    ...(metricsPort === null ? [] : [{ name: 'dapr-metrics', containerPort: metricsPort, protocol: 'TCP' }]),
  ];
}

function resources({ resources: { cpuRequest, cpuLimit, memoryRequest, memoryLimit } }: ProxyPlan): UnknownRecord {
  const requests = amounts(cpuRequest, memoryRequest);
  const limits = amounts(cpuLimit, memoryLimit);
  return { ...(requests === null ? {} : { requests }), ...(limits === null ? {} : { limits }) };
}

function amounts(cpu: string, memory: string): UnknownRecord | null {
  if (cpu === '' && memory === '') return null;
  return { ...(cpu === '' ? {} : { cpu }), ...(memory === '' ? {} : { memory }) };
}

/** Not `/v1.0/healthz`, which waits for the application, which starts only after this. */
function startupProbe(): UnknownRecord {
  return {
    httpGet: { path: outboundPath, port: publicPort },
    periodSeconds: secondsPerTry,
    timeoutSeconds: secondsPerTry,
    failureThreshold: unlimited,
  };
}

function times({ delaySeconds, timeoutSeconds, periodSeconds, threshold }: ProbeTimes): UnknownRecord {
  return { initialDelaySeconds: delaySeconds, timeoutSeconds, periodSeconds, failureThreshold: threshold };
}

/** What the Pod Security Standard `restricted` asks for, and a root file system that cannot be written. */
function securityContext({ security: { runAsUser, runAsGroup, seccompProfileType } }: ProxyPlan): UnknownRecord {
  return {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    privileged: false,
    readOnlyRootFilesystem: true,
    runAsNonRoot: true,
    ...(runAsUser === null ? {} : { runAsUser }),
    ...(runAsGroup === null ? {} : { runAsGroup }),
    seccompProfile: { type: seccompProfileType },
  };
}

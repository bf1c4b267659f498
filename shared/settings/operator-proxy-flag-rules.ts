/** What the values of the flags of injected proxies must satisfy, and the settings that they make. Pure. */
import * as z from 'zod/mini';
import { hostAndPort } from './host-and-port.ts';
import type { OperatorFlagValues } from './operator-flag-rules.ts';
import {
  imagePullPolicies,
  proxyContainers,
  type ProxyPodSettings,
  type ProxyResources,
} from './proxy-pod-settings.ts';
import { numberFromQuantity } from './quantity.ts';

const imagePattern = /^[a-z0-9][\w.:/@+-]*$/i;
const objectNamePattern = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/;
/** The API server takes no greater one. */
const greatestId = 2 ** 31 - 1;

const schema = z.object({
  'proxy-image': z
    .string()
    .check(
      z.refine((image) => image === '' || imagePattern.test(image), '--proxy-image: give a reference of an image.'),
    ),
  'proxy-image-pull-policy': z
    .string()
    .check(
      z.refine(
        (policy) => ['', ...imagePullPolicies].includes(policy),
        '--proxy-image-pull-policy: give Always, IfNotPresent or Never.',
      ),
    ),
  'proxy-image-pull-secrets': z.array(
    z
      .string()
      .check(z.refine((name) => objectNamePattern.test(name), '--proxy-image-pull-secrets: give names of Secrets.')),
  ),
  'proxy-control-plane-address': z
    .string()
    .check(
      z.refine(
        (address) => address === '' || (hostAndPort(address)?.port ?? null) !== null,
        '--proxy-control-plane-address: give a host and a port, such as farpoint-operator.farpoint-system.svc:443.',
      ),
    ),
  'proxy-container': z
    .string()
    .check(
      z.refine(
        (kind) => proxyContainers.some((known) => known === kind),
        '--proxy-container: give auto, native or classic.',
      ),
    ),
  'proxy-cpu-request': quantityOrNone('proxy-cpu-request', '50m'),
  'proxy-cpu-limit': quantityOrNone('proxy-cpu-limit', '500m'),
  'proxy-memory-request': quantityOrNone('proxy-memory-request', '64Mi'),
  'proxy-memory-limit': quantityOrNone('proxy-memory-limit', '256Mi'),
  'proxy-run-as-user': z
    .number()
    .check(
      z.refine(
        (user) => user !== 0 && user >= -1 && user <= greatestId,
        `--proxy-run-as-user: give a number from 1 to ${greatestId}, or -1; proxies never run as root.`,
      ),
    ),
  'proxy-run-as-group': z
    .number()
    .check(
      z.refine(
        (group) => group >= -1 && group <= greatestId,
        `--proxy-run-as-group: give a number from 0 to ${greatestId}, or -1.`,
      ),
    ),
  'proxy-url-calls': z
    .string()
    .check(z.refine((answer) => answer === 'allow' || answer === 'deny', '--proxy-url-calls: give allow or deny.')),
});

/** Returns a sentence for each rule that the values break. */
export function brokenProxyPodRules(values: OperatorFlagValues): string[] {
  const alone = schema.safeParse(values).error?.issues.map(({ message }) => message) ?? [];
  const together = (['cpu', 'memory'] as const)
    .filter((resource) => exceeds(values[`proxy-${resource}-request`], values[`proxy-${resource}-limit`]))
    .map(
      (resource) => `--proxy-${resource}-request is more than --proxy-${resource}-limit: give less, or a higher limit.`,
    );
  return [...alone, ...together];
}

/** The settings; the values must have passed the rules. */
export function proxyPodSettingsFrom(values: OperatorFlagValues, operatorAddress: string): ProxyPodSettings {
  return {
    image: values['proxy-image'],
    imagePullPolicy: imagePullPolicies.find((policy) => policy === values['proxy-image-pull-policy']) ?? null,
    imagePullSecrets: [...new Set(values['proxy-image-pull-secrets'])],
    controlPlaneAddress: values['proxy-control-plane-address'] || operatorAddress,
    container: proxyContainers.find((kind) => kind === values['proxy-container']) ?? 'auto',
    resources: resourcesFrom(values),
    runAsUser: idFrom(values['proxy-run-as-user']),
    runAsGroup: idFrom(values['proxy-run-as-group']),
    urlCalls: values['proxy-url-calls'] === 'deny' ? 'deny' : 'allow',
    logAsJson: values['proxy-log-as-json'],
  };
}

function resourcesFrom(values: OperatorFlagValues): ProxyResources {
  return {
    cpuRequest: values['proxy-cpu-request'],
    cpuLimit: values['proxy-cpu-limit'],
    memoryRequest: values['proxy-memory-request'],
    memoryLimit: values['proxy-memory-limit'],
  };
}

function idFrom(value: number): number | null {
  return value === -1 ? null : value;
}

function quantityOrNone(name: keyof OperatorFlagValues, example: string): z.ZodMiniString {
  const message = `--${name}: give a quantity of more than 0, such as ${example}.`;
  return z.string().check(z.refine((text) => text === '' || (numberFromQuantity(text) ?? 0) > 0, message));
}

/** Neither is a limit when there is none. */
function exceeds(request: string, limit: string): boolean {
  return (numberFromQuantity(request) ?? 0) > (numberFromQuantity(limit) ?? Number.POSITIVE_INFINITY);
}

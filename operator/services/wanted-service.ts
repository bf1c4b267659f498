/** What the Service of an app is to be. Pure. */
import { appIdLabel, injectedLabel } from '../identity/pod-facts.ts';
import { httpPort as proxyHttpPort } from '../inject/argument-table.ts';
import type { NewObject } from '../kube/kube-client.ts';
import { manager, managerLabel } from '../ownership/managed-by.ts';
import { parseServiceAnnotations } from './parse-service-annotations.ts';
import type { ServiceNeed } from './service-need.ts';

/** Names the annotations that Pods asked for, so that they go when nobody asks for them any more. */
export const askedAnnotation = 'farpoint.dev/service-annotations';
export const appIdAnnotation = 'dapr.io/app-id';
const prometheusPrefix = 'prometheus.io/';

const nameEnd = '-dapr';
const httpPort = 80;

export interface WantedService extends NewObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly spec: Readonly<Record<string, unknown>>;
}

/** The name of the Service of an app. */
export function serviceName(appId: string): string {
  return appId + nameEnd;
}

/** The app that a Service of this name is for; `null`: none. */
export function appIdOf(service: string): string | null {
  return service.endsWith(nameEnd) ? service.slice(0, -nameEnd.length) : null;
}

/** Whether only the operator says what the annotation is. */
export function isReservedAnnotation(name: string): boolean {
  return name === appIdAnnotation || name === askedAnnotation || name.startsWith(prometheusPrefix);
}

/** The Service that a Pod asks for. */
export function wantedService({ namespace, appId, metricsPort, annotations }: ServiceNeed): WantedService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: serviceName(appId),
      namespace,
      labels: { [managerLabel]: manager },
      annotations: {
        ...askedAnnotations(annotations),
        [appIdAnnotation]: appId,
        ...(metricsPort === null ? {} : prometheusAnnotations(metricsPort)),
      },
    },
    spec: {
      // Headless: a name for the addresses of the Pods, which works for any kind of workload.
      clusterIP: 'None',
      selector: { [appIdLabel]: appId, [injectedLabel]: 'true' },
      ports: [
        { name: 'dapr-http', port: httpPort, targetPort: proxyHttpPort, protocol: 'TCP', appProtocol: 'http' },
        // Two ports of a Service cannot have one number.
        ...(metricsPort === null || metricsPort === httpPort
          ? []
          : [
              {
                name: 'dapr-metrics',
                port: metricsPort,
                targetPort: metricsPort,
                protocol: 'TCP',
                appProtocol: 'http',
              },
            ]),
      ],
    },
  };
}

function askedAnnotations(text: string): Readonly<Record<string, string>> {
  const asked = Object.entries(parseServiceAnnotations(text)).filter(([name]) => !isReservedAnnotation(name));
  const names = asked.map(([name]) => name).toSorted();
  return names.length === 0 ? {} : { ...Object.fromEntries(asked), [askedAnnotation]: names.join(',') };
}

function prometheusAnnotations(port: number): Readonly<Record<string, string>> {
  return {
    [`${prometheusPrefix}probe`]: 'true',
    [`${prometheusPrefix}scrape`]: 'true',
    [`${prometheusPrefix}port`]: String(port),
    [`${prometheusPrefix}path`]: '/',
  };
}

/** The application of programs/calling-app-main.ts, as an image and as the pods of a workload. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { transform } from 'esbuild';
import type { Cluster } from './connect-cluster.ts';
import { importProgram } from './import-program.ts';

const image = 'registry.local/calling-app:1';

export interface CallingApp {
  readonly name: string;
  /** What it calls all the time, below its proxy's address; none: it calls for others only. */
  readonly call?: string;
  /** The same for calls that take long. */
  readonly slowCall?: string;
  /** The URL for its reports. */
  readonly reportTo?: string;
  readonly lingerMs?: number;
  /** Further ones, or other values of those that make the proxy. */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Further ones. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What it tells of a call that failed, and at its end of all. */
export interface AppReport {
  readonly pod: string;
  readonly kind: 'failed' | 'ended';
  readonly failure?: string;
  readonly calls?: number;
  readonly failed?: number;
  readonly callsSinceTerm?: number;
}

/** Gives the node its image, once for all files of a run. */
export async function importCallingApp(cluster: Cluster): Promise<void> {
  const mark = join(cluster.access.folder, 'calling-app-imported');
  if (existsSync(mark)) return;
  const program = await readFile(join(import.meta.dirname, '../programs/calling-app-main.ts'), 'utf8');
  await importProgram(cluster, { name: image, source: (await transform(program, { loader: 'ts' })).code });
  await writeFile(mark, '');
}

/** What a pod of it is made of, a proxy asked for. */
export function callingPod(app: CallingApp): { readonly metadata: object; readonly spec: Record<string, unknown> } {
  const { name, call = '', slowCall = '', reportTo = '', lingerMs = 0, annotations, env } = app;
  const variables = { CALL: call, SLOW_CALL: slowCall, REPORT_TO: reportTo, LINGER_MS: String(lingerMs), ...env };
  return {
    metadata: {
      labels: { app: name },
      annotations: { 'dapr.io/enabled': 'true', 'dapr.io/app-id': name, ...annotations },
    },
    spec: {
      containers: [
        {
          name: 'app',
          image,
          env: Object.entries(variables).map(([variable, value]) => ({ name: variable, value })),
          readinessProbe: { httpGet: { path: '/ready', port: 8080 }, periodSeconds: 1 },
          resources: { requests: { cpu: '10m' }, limits: { memory: '128Mi' } },
        },
      ],
    },
  };
}

/** A Deployment of it, and a Service with its name. */
export function callingDeployment(app: CallingApp & { readonly replicas?: number }): string {
  const { name, replicas = 1 } = app;
  const selector = { app: name };
  const spec = { replicas, selector: { matchLabels: selector }, template: callingPod(app) };
  const service = { selector, ports: [{ port: 80, targetPort: 8080 }] };
  return [
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name }, spec },
    { apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: service },
  ]
    .map((object) => JSON.stringify(object))
    .join('\n---\n');
}

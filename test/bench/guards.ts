/** What the guarded proxy has that the bare one has not: a Resiliency, and a pipeline of three to the upstream. */
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { sendRequest } from '../../examples/run/send-request.ts';

export interface Guards {
  readonly resourcesPath: string;
  readonly configPath: string;
  /** Closes the server that gives the token. */
  readonly end: () => void;
}

const resiliency = `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: bench }
spec:
  policies:
    timeouts: { short: 5s }
    retries: { thrice: { policy: exponential, maxInterval: 5s, maxRetries: 3 } }
    circuitBreakers: { simple: { maxRequests: 1, timeout: 5s, trip: consecutiveFailures > 5 } }
  targets:
    apps: { upstream: { timeout: short, retry: thrice, circuitBreaker: simple } }
`;

const types = ['routerchecker', 'ratelimit', 'oauth2clientcredentials'] as const;

const configuration = `apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata: { name: bench }
spec:
  appHttpPipeline:
    handlers:
${types.map((type) => `      - { name: ${type}, type: middleware.http.${type} }`).join('\n')}
`;

/** Writes them beside `manifest`, the HTTPEndpoint, and serves the token, once. */
export async function startGuards(folder: string, manifest: string): Promise<Guards> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      const grant = { access_token: 'a-token-of-some-length', token_type: 'Bearer', expires_in: 86_400 };
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(grant));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const settings: Readonly<Record<(typeof types)[number], Readonly<Record<string, string>>>> = {
    routerchecker: { rule: '^[A-Za-z0-9/._-]+$' },
    ratelimit: { maxRequestsPerSecond: '1000000' },
    oauth2clientcredentials: {
      clientID: 'bench',
      clientSecret: 'bench',
      scopes: 'load',
      tokenURL: `http://127.0.0.1:${port}/token`,
      headerName: 'Authorization',
      authStyle: '2',
    },
  };
  const resourcesPath = join(folder, 'guarded');
  const configPath = join(folder, 'guarded.yaml');
  await mkdir(resourcesPath);
  await writeFile(join(resourcesPath, 'upstream.yaml'), manifest);
  await writeFile(join(resourcesPath, 'resiliency.yaml'), resiliency);
  for (const type of types) await writeFile(join(resourcesPath, `${type}.yaml`), component(type, settings[type]));
  await writeFile(configPath, configuration);
  return { resourcesPath, configPath, end: () => server.close().closeAllConnections() };
}

/** After the first call: throws unless it met every one of them, for else the bench would compare a proxy with itself. */
export async function checkGuards(metricsPort: number): Promise<void> {
  const { body } = await sendRequest({ port: metricsPort, path: '/metrics' });
  const lines = body.split('\n');
  const has = (...parts: readonly string[]): boolean =>
    lines.some((line) => !line.endsWith(' 0') && parts.every((part) => line.includes(part)));
  const missing = [
    ...['timeout', 'retry', 'circuitbreaker'].filter((part) => !has('dapr_resiliency_count{', `policy="${part}"`)),
    ...types.filter(
      (type) => !has('dapr_httpendpoint_middleware_requests_total{', `middleware="${type}"`, 'outcome="passed"'),
    ),
  ];
  if (missing.length > 0) throw new Error(`the guarded proxy calls without ${missing.join(', ')}`);
}

function component(type: string, settings: Readonly<Record<string, string>>): string {
  const metadata = Object.entries(settings).map(([name, value]) => ({ name, value }));
  return JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Component',
    metadata: { name: type },
    spec: { type: `middleware.http.${type}`, version: 'v1', metadata },
  });
}

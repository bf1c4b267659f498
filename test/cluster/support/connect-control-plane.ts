/** The hands of a test on a control plane: kubectl, requests as administrator, namespaces, tokens, kubeconfigs. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ControlPlaneAccess } from './control-plane-access.ts';
import { kubeconfigText, type KubeUser } from './kubeconfig.ts';

export interface KubectlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TokenOptions {
  readonly namespace: string;
  readonly serviceAccount: string;
  /** Binds the token to this Pod, which must use the ServiceAccount. */
  readonly pod?: { readonly name: string; readonly uid: string };
  /** Defaults to the API server itself. */
  readonly audience?: string;
  /** Defaults to an hour; the API server takes 600 at least. */
  readonly expirationSeconds?: number;
}

export interface ApiRequest {
  /** Defaults to GET. */
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Defaults to application/json. */
  readonly contentType?: string;
}

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface ControlPlaneClient {
  readonly access: ControlPlaneAccess;
  /** Runs kubectl as administrator, or with the kubeconfig given. Never rejects for a failure of kubectl. */
  kubectl(
    args: readonly string[],
    options?: { readonly stdin?: string; readonly kubeconfig?: string },
  ): Promise<KubectlResult>;
  /** Applies manifests (YAML, or a file's path) and throws when kubectl says no. */
  apply(yaml: string, options?: { readonly namespace?: string }): Promise<void>;
  /** One request as administrator; much cheaper than kubectl. The caller says what the body is; nothing checks it. */
  request<Body = unknown>(request: ApiRequest): Promise<ApiAnswer<Body>>;
  /** Makes a namespace with a ServiceAccount `default` (there is no controller to make one) and returns its name. */
  createNamespace(prefix?: string): Promise<string>;
  createServiceAccount(namespace: string, name: string): Promise<void>;
  tokenFor(options: TokenOptions): Promise<string>;
  /** Writes a kubeconfig for this user that goes with the control plane, and returns its path. */
  kubeconfigFor(user: KubeUser | Pick<TokenOptions, 'namespace' | 'serviceAccount'>, server?: string): Promise<string>;
  /** Makes etcd forget everything before now. The API server still has its own window of events until it restarts. */
  compact(): Promise<void>;
  /** Closes idle connections. */
  close(): void;
}

/** Connects to a control plane of this or another process. */
export function connectControlPlane(access: ControlPlaneAccess): ControlPlaneClient {
  const agent = new Agent({
    keepAlive: true,
    ca: access.caPem,
    cert: access.admin.certificatePem,
    key: access.admin.privateKeyPem,
  });
  const client: ControlPlaneClient = {
    access,
    async kubectl(args, { stdin = '', kubeconfig = access.kubeconfigPath } = {}) {
      const child = spawn(access.kubectlPath, [`--kubeconfig=${kubeconfig}`, ...args], {
        // Its caches belong to this control plane; HOME's may not be writable.
        env: { ...process.env, KUBECACHEDIR: join(access.folder, 'kubectl-cache') },
        stdio: ['pipe', 'pipe', 'pipe'],
      });
      child.stdin.on('error', () => undefined);
      child.stdin.end(stdin);
      const [stdout, stderr, [code]] = await Promise.all([
        text(child.stdout),
        text(child.stderr),
        once(child, 'close') as Promise<[number | null]>,
      ]);
      return { code, stdout, stderr };
    },
    async apply(yaml, { namespace } = {}) {
      const target = namespace === undefined ? [] : [`--namespace=${namespace}`];
      const { code, stderr } = await client.kubectl(['apply', ...target, '-f', '-'], { stdin: yaml });
      if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
    },
    request: <Body>({ method = 'GET', path, body, contentType = 'application/json' }) =>
      new Promise<ApiAnswer<Body>>((resolve, reject) => {
        const payload = body === undefined ? '' : JSON.stringify(body);
        const sending = httpsRequest(new URL(path, access.server), {
          method,
          agent,
          headers: payload === '' ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) },
        });
        sending.on('error', reject);
        sending.on('response', (response) => {
          text(response).then((answer) => {
            resolve({ status: response.statusCode ?? 0, body: parsed(answer) as Body });
          }, reject);
        });
        sending.end(payload);
      }),
    async createNamespace(prefix = 'test') {
      const name = `${prefix}-${randomUUID().slice(0, 8)}`;
      await must(client, { path: '/api/v1/namespaces', body: { metadata: { name } } });
      await client.createServiceAccount(name, 'default');
      return name;
    },
    async createServiceAccount(namespace, name) {
      await must(client, { path: `/api/v1/namespaces/${namespace}/serviceaccounts`, body: { metadata: { name } } });
    },
    async tokenFor({ namespace, serviceAccount, pod, audience, expirationSeconds = 3600 }) {
      const { status } = await must<{ readonly status: { readonly token: string } }>(client, {
        path: `/api/v1/namespaces/${namespace}/serviceaccounts/${serviceAccount}/token`,
        body: {
          spec: {
            ...(audience === undefined ? {} : { audiences: [audience] }),
            expirationSeconds,
            ...(pod === undefined ? {} : { boundObjectRef: { apiVersion: 'v1', kind: 'Pod', ...pod } }),
          },
        },
      });
      return status.token;
    },
    async kubeconfigFor(user, server = access.server) {
      const who = 'serviceAccount' in user ? { token: await client.tokenFor(user) } : user;
      const path = join(access.folder, `kubeconfig-${randomUUID()}.yaml`);
      await writeFile(path, kubeconfigText({ server, caPem: access.caPem, user: who }), { mode: 0o600 });
      return path;
    },
    async compact() {
      const status = (await etcd(access, '/v3/maintenance/status', {})) as {
        readonly header: { readonly revision: string };
      };
      await etcd(access, '/v3/kv/compaction', { revision: status.header.revision, physical: true });
    },
    close: () => agent.destroy(),
  };
  return client;
}

/** Asks etcd through its JSON gateway. Throws when it says no. */
async function etcd(access: ControlPlaneAccess, path: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${access.etcdUrl}${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`etcd answered ${answer.status} to ${path}`);
  return answer.json();
}

async function must<Body>(client: ControlPlaneClient, request: ApiRequest): Promise<Body> {
  const answer = await client.request<Body>({ method: 'POST', ...request });
  if (answer.status >= 300) throw new Error(`${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

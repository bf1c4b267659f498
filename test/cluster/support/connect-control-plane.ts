/** The hands of a test on a control plane: kubectl, requests as administrator, namespaces, tokens, kubeconfigs. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ApiRequester, apiRequester } from './api-request.ts';
import { compactEtcd } from './compact-etcd.ts';
import type { ControlPlaneAccess } from './control-plane-access.ts';
import { kubeconfigText, type KubeUser } from './kubeconfig.ts';
import { type KubectlOptions, runKubectl } from './kubectl.ts';
import type { EndedProgram } from './run-to-end.ts';

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

export interface ControlPlaneClient extends ApiRequester {
  readonly access: ControlPlaneAccess;
  /** Runs kubectl as administrator, unless a kubeconfig is given. Does not reject when kubectl fails. */
  kubectl(args: readonly string[], options?: KubectlOptions): Promise<EndedProgram>;
  /** Applies manifests by kubectl and throws what it says when it fails. */
  apply(yaml: string, options?: { readonly namespace?: string }): Promise<void>;
  /** Makes a namespace with a ServiceAccount `default` (there may be no controller to make one) and returns its name. */
  createNamespace(prefix?: string): Promise<string>;
  createServiceAccount(namespace: string, name: string): Promise<void>;
  /** Asks for a token by TokenRequest. */
  tokenFor(options: TokenOptions): Promise<string>;
  /** Writes a kubeconfig that goes with the control plane, and returns its path. `server` may be a proxy before it. */
  kubeconfigFor(
    user: KubeUser | Pick<TokenOptions, 'namespace' | 'serviceAccount'>,
    server?: Pick<ControlPlaneAccess, 'server' | 'caPem'>,
  ): Promise<string>;
  /** Makes etcd forget everything before now. The API server has its own window of events until it restarts. */
  compact(): Promise<void>;
}

/** Connects to a control plane of this or another process. */
export function connectControlPlane(access: ControlPlaneAccess): ControlPlaneClient {
  const requester = apiRequester(access);
  const client: ControlPlaneClient = {
    ...requester,
    access,
    kubectl: (args, options) => runKubectl(access, args, options),
    async apply(yaml, { namespace } = {}) {
      const target = namespace === undefined ? [] : [`--namespace=${namespace}`];
      const { code, stderr } = await client.kubectl(['apply', ...target, '-f', '-'], { stdin: yaml });
      if (code !== 0) throw new Error(`kubectl apply: ${stderr}`);
    },
    async createNamespace(prefix = 'test') {
      const name = `${prefix}-${randomUUID().slice(0, 8)}`;
      await requester.mustRequest({ path: '/api/v1/namespaces', body: { metadata: { name } } });
      await client.createServiceAccount(name, 'default');
      return name;
    },
    async createServiceAccount(namespace, name) {
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts`;
      const { status, body } = await requester.request({ method: 'POST', path, body: { metadata: { name } } });
      // Where there are controllers, one of them may have been faster.
      if (status !== 201 && status !== 409) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    },
    async tokenFor({ namespace, serviceAccount, pod, audience, expirationSeconds = 3600 }) {
      const { status } = await requester.mustRequest<{ readonly status: { readonly token: string } }>({
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
    async kubeconfigFor(user, { server, caPem } = access) {
      const who = 'serviceAccount' in user ? { token: await client.tokenFor(user) } : user;
      const path = join(access.folder, `kubeconfig-${randomUUID()}.yaml`);
      await writeFile(path, kubeconfigText({ server, caPem, user: who }), { mode: 0o600 });
      return path;
    },
    compact: () => compactEtcd(access.etcdUrl),
  };
  return client;
}

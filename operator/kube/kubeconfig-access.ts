/**
 * Access as a kubeconfig says: contexts, tokens, client certificates, exec plugins and whatever else client-node's KubeConfig knows.
 * It is loaded only here and only when it is needed: it costs 60 MB.
 */
import { access } from 'node:fs/promises';
import { delimiter } from 'node:path';
import type { RequestOptions } from 'node:https';
import type { Cluster, KubeConfig } from '@kubernetes/client-node';
import { ConfigError } from '#shared/errors/config-error.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { ClusterAccess, ClusterCredentials } from './cluster-access.ts';

/**
 * `paths`: files as KUBECONFIG names them; the first to say something is right, those that are not there are left out.
 * Throws ConfigError when they cannot be used, or when they turn verification off.
 */
export async function kubeconfigAccess(paths: string): Promise<ClusterAccess> {
  const config = await loadKubeconfig(paths);
  const cluster = checkedCluster(config, paths);
  let current: KubeConfig | null = config;
  return {
    server: cluster.server.replace(/\/$/, ''),
    proxyUrl: cluster.proxyUrl ?? '',
    async credentials() {
      const options: RequestOptions = {};
      try {
        current ??= await loadKubeconfig(paths);
        await current.applyToHTTPSOptions(options);
      } catch {
        // What a plugin or an identity provider says may hold anything, so it stays there.
        throw new LinkError(`the credentials of ${paths} cannot be read`, {
          kind: 'transient',
          status: 0,
          retryAfterMs: 0,
        });
      }
      return credentialsFrom(options);
    },
    forget() {
      current = null;
    },
  };
}

async function loadKubeconfig(paths: string): Promise<KubeConfig> {
  const { KubeConfig: Loader } = await import('@kubernetes/client-node');
  const merged = new Loader();
  let files = 0;
  for (const path of paths.split(delimiter)) {
    if (path === '' || !(await isThere(path))) continue;
    const config = new Loader();
    try {
      config.loadFromFile(path);
    } catch {
      // The reason may quote the file.
      throw new ConfigError([`--kubeconfig: ${path} is not a kubeconfig that can be read.`]);
    }
    merge(merged, config);
    files += 1;
  }
  if (files === 0) throw new ConfigError([`--kubeconfig: there is no file ${paths}.`]);
  return merged;
}

/** As kubectl merges: what an earlier file says about a name stands. */
function merge(into: KubeConfig, from: KubeConfig): void {
  into.clusters = [...into.clusters, ...from.clusters.filter(({ name }) => into.getCluster(name) === null)];
  into.users = [...into.users, ...from.users.filter(({ name }) => into.getUser(name) === null)];
  into.contexts = [...into.contexts, ...from.contexts.filter(({ name }) => into.getContextObject(name) === null)];
  if (isBlank(into.currentContext)) into.setCurrentContext(from.currentContext);
}

function checkedCluster(config: KubeConfig, paths: string): Cluster {
  const cluster = isBlank(config.currentContext) ? null : config.getCurrentCluster();
  if (cluster === null) {
    throw new ConfigError([`--kubeconfig: ${paths} has no current context with a cluster.`]);
  }
  const mistakes: string[] = [];
  if (cluster.skipTLSVerify) {
    mistakes.push(
      `--kubeconfig: ${paths} has insecure-skip-tls-verify, and Farpoint never leaves out verification: ` +
        'put the authority in certificate-authority-data.',
    );
  }
  if (!cluster.server.startsWith('https://')) {
    mistakes.push(`--kubeconfig: ${paths} names a server without https, which Farpoint does not use.`);
  }
  if (!isBlank(cluster.proxyUrl) && !/^https?:\/\//.test(cluster.proxyUrl ?? '')) {
    mistakes.push(`--kubeconfig: ${paths} has a proxy-url that is neither http nor https.`);
  }
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return cluster;
}

function credentialsFrom({ ca, cert, key, servername, headers, auth }: RequestOptions): ClusterCredentials {
  const fields: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers ?? {})) fields[name.toLowerCase()] = String(value).trim();
  if (!isBlank(auth)) fields['authorization'] = `Basic ${Buffer.from(auth ?? '').toString('base64')}`;
  return {
    headers: fields,
    tls: {
      ca: pemFrom(ca),
      certificateChain: pemFrom(cert),
      privateKey: pemFrom(key),
      serverName: servername ?? '',
    },
  };
}

/** KubeConfig gives a Buffer or a text. */
function pemFrom(value: unknown): string {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : '';
}

function isBlank(text: string | null | undefined): boolean {
  return (text ?? '') === '';
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

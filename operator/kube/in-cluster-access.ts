/**
 * Access as a pod has it: the ServiceAccount's token and the authority's certificate, both of which the kubelet replaces now and then.
 * Ours, because client-node's configuration costs 60 MB and keeps the first certificate for ever (docs/adr/0007-own-list-watch.md).
 */
import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { ClusterAccess, ClusterCredentials } from './cluster-access.ts';

export interface InClusterOptions {
  /** KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT. */
  readonly host: string;
  readonly port: string;
  /** Holds `token` and `ca.crt`. */
  readonly folder: string;
  readonly clock: Clock;
}

/** Where the kubelet puts them. */
export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** The kubelet replaces a token when a fifth of its life is left, so any value far below is right. */
const keptMs = 10_000;

/** Reads nothing before it is asked for credentials. */
export function inClusterAccess({ host, port, folder, clock }: InClusterOptions): ClusterAccess {
  let kept: { readonly credentials: ClusterCredentials; readonly untilMs: number } | null = null;
  return {
    server: `https://${isIPv6(host) ? `[${host}]` : host}:${port}`,
    proxyUrl: '',
    async credentials() {
      if (kept !== null && clock.monotonicMs() < kept.untilMs) return kept.credentials;
      const [token, ca] = await Promise.all([read(folder, 'token'), read(folder, 'ca.crt')]);
      const credentials = {
        headers: { authorization: `Bearer ${token}` },
        tls: { ca, certificateChain: '', privateKey: '', serverName: '' },
      };
      kept = { credentials, untilMs: clock.monotonicMs() + keptMs };
      return credentials;
    },
    forget() {
      kept = null;
    },
  };
}

async function read(folder: string, name: string): Promise<string> {
  const path = join(folder, name);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw unusable(`${path} cannot be read`, cause);
  });
  const trimmed = text.trim();
  if (trimmed === '') throw unusable(`${path} is empty`);
  return trimmed;
}

function unusable(message: string, cause?: unknown): LinkError {
  return new LinkError(message, { kind: 'transient', status: 0, retryAfterMs: 0, cause });
}

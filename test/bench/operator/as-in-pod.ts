/**
 * Lets a command find the API server as in a pod: ServiceAccount files in their place and the kubelet's two variables. The
 * place is a folder of the system, so it is made in a mount namespace of the command's own, for which it takes root on Linux.
 */
import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../../cluster/support/start-control-plane.ts';

const script = [
  'mount -t tmpfs tmpfs /run',
  'place=/run/secrets/kubernetes.io/serviceaccount',
  'mkdir -p "$place"',
  'cp "$1/token" "$1/ca.crt" "$place"',
  'shift',
  'exec "$@"',
].join(' && ');

/** The command that runs `command` so; null where that cannot be done. */
export async function asInPod(
  controlPlane: ControlPlane,
  serviceAccount: { readonly namespace: string; readonly name: string },
  command: readonly string[],
): Promise<readonly string[] | null> {
  if (spawnSync('unshare', ['--mount', 'sh', '-c', 'mount -t tmpfs tmpfs /run']).status !== 0) return null;
  const { namespace, name } = serviceAccount;
  const { folder, server, caPem } = controlPlane.access;
  const token = await controlPlane.tokenFor({ namespace, serviceAccount: name, expirationSeconds: 7_200 });
  await writeFile(join(folder, 'token'), token, { mode: 0o600 });
  await writeFile(join(folder, 'ca.crt'), caPem);
  const { hostname, port } = new URL(server);
  const variables = [`KUBERNETES_SERVICE_HOST=${hostname}`, `KUBERNETES_SERVICE_PORT=${port}`];
  return ['unshare', '--mount', 'env', ...variables, 'sh', '-c', script, 'sh', folder, ...command];
}

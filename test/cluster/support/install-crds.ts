/** Installs the schemas of crds/ and waits until the API server serves them. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ControlPlaneClient } from './connect-control-plane.ts';

const folder = join(import.meta.dirname, '../../../crds');
const plurals = ['httpendpoints', 'configurations', 'components', 'resiliencies'];

/** Installs what is in crds/, in place of what has these names; again changes nothing. Throws what kubectl says when it fails. */
export async function installCrds(client: Pick<ControlPlaneClient, 'kubectl' | 'request'>): Promise<void> {
  await mustRun(client, ['apply', '--server-side', '--force-conflicts', `--filename=${folder}`]);
  await mustRun(client, ['wait', '--for=condition=Established', '--timeout=30s', `--filename=${folder}`]);
  // They are established, and the first lists may still be answered 429: "storage is (re)initializing".
  for (const plural of plurals) {
    while ((await client.request({ path: `/apis/dapr.io/v1alpha1/${plural}` })).status !== 200) await pause(20);
  }
}

async function mustRun(client: Pick<ControlPlaneClient, 'kubectl'>, args: readonly string[]): Promise<void> {
  const { code, stderr } = await client.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args[0]}: ${stderr}`);
}

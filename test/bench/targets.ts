/** What is compared, in one run and with one upstream: the upstream direct, nginx, Farpoint bare, and with what guards calls. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../../examples/run/free-port.ts';
import { startFarpoint } from './farpoint.ts';
import { checkGuards, startGuards } from './guards.ts';
import { MeasuredProcess } from './measured-process.ts';
import { startNginxProxy, startNginxUpstream } from './nginx.ts';
import { waitUntilReady } from './wait-until.ts';

/** `guarded`: Farpoint with a Resiliency and a pipeline. */
export type TargetName = 'direct' | 'nginx' | 'farpoint' | 'guarded';

export interface Target {
  readonly name: TargetName;
  readonly url: string;
  readonly server: MeasuredProcess;
}

export interface Targets {
  readonly all: readonly Target[];
  readonly resourcesPath: string;
  end(): Promise<void>;
}

const prefix = '/v1.0/invoke/upstream/method/';

/** Starts them; nginx where it is installed. */
export async function startTargets(options: {
  readonly folder: string;
  readonly withNginx: boolean;
}): Promise<Targets> {
  const { folder, withNginx } = options;
  const upstreamPort = await freePort();
  const upstream = withNginx
    ? await startNginxUpstream({ folder, port: upstreamPort })
    : await MeasuredProcess.start([
        process.execPath,
        join(import.meta.dirname, 'node-upstream-main.ts'),
        String(upstreamPort),
      ]);
  const servers = [upstream];
  const all: Target[] = [{ name: 'direct', url: `http://127.0.0.1:${upstreamPort}/load`, server: upstream }];
  let endGuards = (): void => undefined;
  const end = async (): Promise<void> => {
    await Promise.all(servers.map((server) => server.end()));
    endGuards();
  };
  try {
    await waitUntilReady(upstream, { port: upstreamPort, path: '/load', status: 200, everyMs: 10 });
    if (withNginx) {
      const port = await freePort();
      const server = await startNginxProxy({ folder, port, upstreamPort, prefix });
      servers.push(server);
      await waitUntilReady(server, { port, path: `${prefix}load`, status: 200, everyMs: 10 });
      all.push({ name: 'nginx', url: `http://127.0.0.1:${port}${prefix}load`, server });
    }
    const manifest = endpointManifest(upstreamPort);
    const resourcesPath = await writeResources(folder, manifest);
    const addFarpoint = async (name: 'farpoint' | 'guarded', resources: Resources): Promise<number> => {
      const [port, metricsPort] = [await freePort(), await freePort()];
      const server = await startFarpoint({ port, metricsPort, ...resources });
      servers.push(server);
      await waitUntilReady(server, { port, path: `${prefix}load`, status: 200, everyMs: 10 });
      all.push({ name, url: `http://127.0.0.1:${port}${prefix}load`, server });
      return metricsPort;
    };
    await addFarpoint('farpoint', { resourcesPath });
    const guards = await startGuards(folder, manifest);
    endGuards = guards.end;
    await checkGuards(await addFarpoint('guarded', guards));
    return { all, resourcesPath, end };
  } catch (error) {
    await end();
    throw error;
  }
}

interface Resources {
  readonly resourcesPath: string;
  readonly configPath?: string;
}

async function writeResources(folder: string, manifest: string): Promise<string> {
  const path = join(folder, 'resources');
  await mkdir(path);
  await writeFile(join(path, 'upstream.yaml'), manifest);
  return path;
}

function endpointManifest(upstreamPort: number): string {
  return `apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata:
  name: upstream
spec:
  baseUrl: http://127.0.0.1:${upstreamPort}
  headers:
    - name: X-Set-By
      value: the manifest
`;
}

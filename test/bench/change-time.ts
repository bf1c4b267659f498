/** Time from a change in a folder of 1,000 endpoints to the answer of the first call that uses it. */
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { freePort } from '../../examples/run/free-port.ts';
import { sendRequest } from '../../examples/run/send-request.ts';
import { type RunningServer, startServer } from '../../examples/upstreams/running-server.ts';
import { startFarpoint } from './farpoint.ts';
import { waitUntilReady } from './wait-until.ts';

export interface ChangeTimeOptions {
  readonly folder: string;
  readonly endpoints: number;
  readonly changes: number;
}

/** One reading per change, in milliseconds. Every second change is written by rename, as editors do. */
export async function measureChangeTimes(options: ChangeTimeOptions): Promise<readonly number[]> {
  const upstream = await startMirror();
  const resourcesPath = join(options.folder, 'many-resources');
  await mkdir(resourcesPath);
  const manifest = (index: number, version: string): string => endpointYaml({ index, version, port: upstream.port });
  for (let index = 0; index < options.endpoints; index += 1) {
    await writeFile(join(resourcesPath, `endpoint-${index}.yaml`), manifest(index, 'v0'));
  }
  const [port, metricsPort] = [await freePort(), await freePort()];
  const server = await startFarpoint({ port, metricsPort, resourcesPath });
  try {
    await waitUntilReady(server, { port, path: '/v1.0/healthz', status: 204, everyMs: 10 });
    const readings: number[] = [];
    for (let change = 1; change <= options.changes; change += 1) {
      // A step that has no common divisor with the number of endpoints, so that changes hit all over the folder.
      const index = (change * 7_919) % options.endpoints;
      const file = join(resourcesPath, `endpoint-${index}.yaml`);
      const text = manifest(index, `v${change}`);
      if (change % 2 === 0) {
        await writeFile(`${file}.tmp`, text);
        await rename(`${file}.tmp`, file);
      } else {
        await writeFile(file, text);
      }
      readings.push(
        await timeUntilUsed({ port, path: `/v1.0/invoke/endpoint-${index}/method/`, version: `v${change}` }),
      );
    }
    return readings;
  } catch (error) {
    throw new Error(`the changes failed; the proxy said:\n${server.output}`, { cause: error });
  } finally {
    await server.end();
    await upstream.close();
  }
}

/** An upstream that answers the version that the call brought. */
function startMirror(): Promise<RunningServer> {
  const server = createServer((request, response) => {
    response.end(String(request.headers['x-version']));
  });
  return startServer(server, 0);
}

function endpointYaml(endpoint: { readonly index: number; readonly version: string; readonly port: number }): string {
  return `apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata:
  name: endpoint-${endpoint.index}
spec:
  baseUrl: http://127.0.0.1:${endpoint.port}
  headers:
    - name: X-Version
      value: ${endpoint.version}
`;
}

async function timeUntilUsed(call: {
  readonly port: number;
  readonly path: string;
  readonly version: string;
}): Promise<number> {
  const writtenMs = systemClock.monotonicMs();
  const never = new AbortController().signal;
  for (;;) {
    const { body } = await sendRequest({ port: call.port, path: call.path });
    const waitedMs = systemClock.monotonicMs() - writtenMs;
    if (body === call.version) return waitedMs;
    if (waitedMs > 20_000) throw new Error(`a change was not used within 20 s: ${call.path} answers ${body}`);
    await systemClock.sleep(2, never);
  }
}

/**
 * `make bench-images`: size of the images, and how a proxy starts and rests in its own: root read-only, its user, a memory
 * cgroup of its own, a table from an operator. Root on Linux only. Once more with compiled code that V8 does not take.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { freePort } from '../../examples/run/free-port.ts';
import { buildImages } from '../../images/build-images.ts';
import { compressedBytes } from '../../images/compressed-bytes.ts';
import { startFarSide, type FarSide } from '../../images/warm-up/far-side.ts';
import { imageCommand } from '../support/image-command.ts';
import { MeasuredProcess } from './measured-process.ts';
import { median, percentile } from './statistics.ts';
import { waitUntilReady } from './wait-until.ts';

const starts = 15;
/** After this, a proxy that is not called has come to rest. */
const restMs = 5_000;
const never = new AbortController().signal;
const root = join(import.meta.dirname, '../..');
const folder = join(root, 'dist/images');

/** A flag that changes nothing here, but that V8 writes down with compiled code. */
const variants = { 'with compiled code': [], without: ['--no-use-osr'] } as const;

interface Start {
  readonly readyMs: number;
  readonly cpuMs: number;
}

for (const { reference, file } of await buildImages({ folder, engine: null })) {
  const sizes = [(await stat(file)).size, await compressedBytes(file)].map(megabytes);
  say(`${reference}  ${sizes[0]} MB, compressed ${sizes[1]} MB  ${relative(root, file)}`);
}
const ending = new AbortController();
const farSide = await startFarSide(ending.signal);
const startsByVariant = new Map<string, Start[]>(Object.keys(variants).map((name) => [name, []]));
for (let count = 0; count < starts; count += 1) {
  for (const [name, nodeFlags] of Object.entries(variants)) {
    await withProxy(farSide, nodeFlags, async (_proxy, start) => void startsByVariant.get(name)?.push(start));
  }
}
for (const [name, measured] of startsByVariant) {
  const [ready, cpu] = [measured.map(({ readyMs }) => readyMs), measured.map(({ cpuMs }) => cpuMs)];
  const text = `${median(ready).toFixed(0)} ms (p90 ${percentile(ready, 0.9).toFixed(0)}), CPU ${median(cpu).toFixed(0)} ms`;
  say(`start to ready, ${name}: ${text}; at most 500 ms are allowed`);
}
await withProxy(farSide, [], async (proxy) => {
  await systemClock.sleep(restMs, never);
  const { bytes, how } = await proxy.workingSet();
  say(
    `at rest: working set ${megabytes(bytes)} MB (${how}), private ${megabytes(await proxy.privateBytes())} MB; at most 40 MB are allowed`,
  );
});
ending.abort();

async function withProxy(
  { operatorPort, authority }: FarSide,
  nodeFlags: readonly string[],
  use: (proxy: MeasuredProcess, start: Start) => Promise<void>,
): Promise<void> {
  const filesFolder = await mkdtemp(join(tmpdir(), 'farpoint-bench-'));
  const [port, publicPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const command = await imageCommand({
    folder,
    name: 'proxy',
    files: { '/pod/token': 'any', '/pod/ca.crt': authority, '/etc/hosts': '127.0.0.1 localhost\n' },
    filesFolder,
    nodeFlags,
    args: [
      '--mode=kubernetes',
      '--app-id=bench',
      `--control-plane-address=localhost:${operatorPort}`,
      '--control-plane-token-file=/pod/token',
      '--control-plane-ca-file=/pod/ca.crt',
      `--dapr-http-port=${port}`,
      `--dapr-public-port=${publicPort}`,
      `--metrics-port=${metricsPort}`,
    ],
  });
  const beganMs = systemClock.monotonicMs();
  const proxy = await MeasuredProcess.start(command);
  try {
    await waitUntilReady(proxy, { port, path: '/v1.0/healthz', status: 204, everyMs: 2 });
    const readyMs = systemClock.monotonicMs() - beganMs;
    await use(proxy, { readyMs, cpuMs: (await proxy.cpuSeconds()) * 1_000 });
  } finally {
    await proxy.end();
    await rm(filesFolder, { recursive: true });
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1_000_000).toFixed(1);
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

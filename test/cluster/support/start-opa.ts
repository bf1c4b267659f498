/** A real OPA server on loopback, without policies of its own; gone when the test is. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { request as secureRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { ChildProcesses, type RunningChild } from './child-processes.ts';
import { findOpa } from './find-opa.ts';
import { freePort } from './free-port.ts';

export interface OpaOptions {
  /** PEM; without it OPA speaks plain HTTP. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string };
  /** Flags besides those that every one has. */
  readonly args?: readonly string[];
  /** Rego files that it starts with, by name. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface TestOpa {
  readonly url: string;
  /** Its policies, by id. */
  policies(): Promise<ReadonlyMap<string, string>>;
  /** Ends it at once; what it was told is lost. */
  stop(): Promise<void>;
  /** Starts it again on the same port and resolves when it is ready. */
  start(): Promise<void>;
}

const readyTimeoutMs = 30_000;

/** Starts one and resolves when it is ready; it ends with the test. */
export async function startOpa({ tls, args: moreArgs = [], files = {} }: OpaOptions = {}): Promise<TestOpa> {
  const program = await findOpa();
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-opa-'));
  const children = ChildProcesses.start(folder);
  onTestFinished(() => children.close());
  const port = await freePort();
  const url = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  const args = [
    'run',
    '--server',
    `--addr=127.0.0.1:${port}`,
    ...moreArgs,
    '--log-level=error',
    '--skip-version-check',
  ];
  if (tls !== undefined) {
    await writeFile(join(folder, 'tls.crt'), tls.cert);
    await writeFile(join(folder, 'tls.key'), tls.key, { mode: 0o600 });
    args.push(`--tls-cert-file=${join(folder, 'tls.crt')}`, `--tls-private-key-file=${join(folder, 'tls.key')}`);
  }
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(folder, name), text);
    args.push(join(folder, name));
  }
  let child: RunningChild | null = null;
  const start = async (): Promise<void> => {
    const options = { name: 'opa', command: program, args, logFile: join(folder, 'opa.log') };
    child = await children.start(options);
    await untilReady(() => get(`${url}/health`, tls?.ca), child);
  };
  await start();
  return {
    url,
    start,
    stop: async () => child?.end(0),
    policies: async () => {
      const { result } = JSON.parse((await get(`${url}/v1/policies`, tls?.ca)) ?? '{}') as {
        result: readonly { readonly id: string; readonly raw: string }[];
      };
      return new Map(result.map(({ id, raw }) => [id, raw]));
    },
  };
}

async function untilReady(ask: () => Promise<string | null>, child: RunningChild): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while ((await ask()) === null) {
    if (child.hasEnded()) throw new Error(`${await child.ended}:\n${await child.logTail()}`);
    if (performance.now() > deadline) throw new Error(`OPA was not ready in time:\n${await child.logTail()}`);
    await pause(20);
  }
}

/** The body of an answer of 200; null for any other, and for none. */
function get(url: string, ca: string | undefined): Promise<string | null> {
  return new Promise((resolve) => {
    const open = url.startsWith('https:') ? secureRequest : request;
    const asking = open(url, { agent: false, timeout: 2_000, ...(ca === undefined ? {} : { ca }) }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve(response.statusCode === 200 ? text : null));
      response.on('error', () => resolve(null));
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(null));
    asking.end();
  });
}

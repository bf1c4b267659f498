/** Makes a call as its printed line says: by curl, or by node:http on a machine without curl. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import type { Call } from './calls.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export type Caller = (call: Call) => Promise<Answer>;

const run = promisify(execFile);
const timeoutMs = 20_000;

/** The line to paste into a shell. */
export function curlLine(call: Call): string {
  return ['curl', ...curlArguments(call)].map(quoted).join(' ');
}

/** A caller by curl when the machine has it, else one by node:http that sends the same request. */
export async function chooseCaller(): Promise<Caller> {
  const hasCurl = await run('curl', ['--version']).then(
    () => true,
    () => false,
  );
  return hasCurl ? callByCurl : callByNode;
}

async function callByCurl(call: Call): Promise<Answer> {
  const { stdout } = await run('curl', ['--max-time', String(timeoutMs / 1_000), ...curlArguments(call)]);
  // `-i` prints the head, an empty line and the body.
  const bodyStart = stdout.indexOf('\r\n\r\n') + 4;
  return { status: Number(stdout.split(' ', 2)[1]), body: stdout.slice(bodyStart) };
}

async function callByNode(call: Call): Promise<Answer> {
  const { username, password, host } = new URL(call.url);
  const sent = request({
    host: host.replace(/:\d+$/, ''),
    port: Number(/:(\d+)$/.exec(host)?.[1] ?? 80),
    path: call.url.slice(call.url.indexOf(host) + host.length),
    ...(username === '' ? {} : { auth: `${username}:${password}` }),
    headers: Object.fromEntries(call.headers.map((line) => line.split(': ', 2))),
    signal: AbortSignal.timeout(timeoutMs),
  });
  sent.end();
  const [response] = await once(sent, 'response');
  return { status: Number(response.statusCode), body: await text(response) };
}

function curlArguments(call: Call): readonly string[] {
  return ['-si', ...call.headers.flatMap((line) => ['-H', line]), call.url];
}

function quoted(word: string): string {
  return /^[\w\-.:/@=]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

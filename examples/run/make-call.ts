/** Makes a call as its printed line says: by curl, or by node:http on a machine without curl. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Call } from './calls.ts';
import { type Answer, sendRequest } from './send-request.ts';

export type Caller = (call: Call) => Promise<Answer>;

const run = promisify(execFile);
const timeoutMs = 20_000;

/** The line to paste into a shell. */
export function curlLine(call: Call): string {
  return ['curl', ...curlArguments(call)].map(quoted).join(' ');
}

/** A caller by curl when the machine has it, else one by node:http that sends the same request. Never rejects. */
export async function chooseCaller(): Promise<Caller> {
  const hasCurl = await run('curl', ['--version']).then(
    () => true,
    () => false,
  );
  const makeCall = hasCurl ? callByCurl : callByNode;
  return (call) => makeCall(call).catch(noAnswer);
}

async function callByCurl(call: Call): Promise<Answer> {
  const { stdout } = await run('curl', ['--max-time', String(timeoutMs / 1_000), ...curlArguments(call)]);
  // `-i` prints the head, an empty line and the body, of each call.
  const last = stdout.slice(stdout.lastIndexOf('HTTP/1.1 '));
  const bodyStart = last.indexOf('\r\n\r\n') + 4;
  return { status: Number(last.split(' ', 2)[1]), body: last.slice(bodyStart) };
}

async function callByNode(call: Call): Promise<Answer> {
  const range = /\[1-(\d+)\]/;
  const count = Number(range.exec(call.url)?.[1] ?? 1);
  const sendNth = (nth: number): Promise<Answer> => sendOnce({ ...call, url: call.url.replace(range, String(nth)) });
  for (let nth = 1; nth < count; nth += 1) await sendNth(nth);
  return sendNth(count);
}

function sendOnce(call: Call): Promise<Answer> {
  const { username, password, host, hostname, port } = new URL(call.url);
  const headers: Record<string, string> = {};
  for (const line of call.headers) {
    const [name = '', value = ''] = line.split(': ', 2);
    headers[name] = value;
  }
  if (username !== '') headers['Authorization'] = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  // The path as it stands in the line: URL would normalize it.
  const path = call.url.slice(call.url.indexOf(host) + host.length);
  return sendRequest({ host: hostname, port: Number(port), path, headers, timeoutMs });
}

/** What a call that got no answer is shown as. */
function noAnswer(error: unknown): Answer {
  return { status: 0, body: `no answer: ${error instanceof Error ? error.message : String(error)}` };
}

function curlArguments(call: Call): readonly string[] {
  return ['-si', ...call.headers.flatMap((line) => ['-H', line]), call.url];
}

function quoted(word: string): string {
  return /^[\w\-.:/@=]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

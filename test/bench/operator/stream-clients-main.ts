/**
 * Many light proxies in one process: each holds a stream, throws the endpoints away, acknowledges what is SYNCED, and
 * tells the bench when. Started by stream-clients.ts, which speaks to it over IPC.
 */
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { acknowledgementsPath, streamIdField, tablesPath } from '#shared/push/push-channel.ts';
import type { ClientReport, ClientsOrder } from './stream-clients.ts';

const reportEveryMs = 20;
/** Streams that are opened at the same time: a start of the bench, not what it measures. */
const opensAtOnce = 20;

let waiting: ClientReport[] = [];

process.once('message', (order: ClientsOrder) => void openAll(order));
process.on('disconnect', () => process.exit(0));
setInterval(() => {
  if (waiting.length === 0) return;
  process.send?.(waiting);
  waiting = [];
}, reportEveryMs);

async function openAll(order: ClientsOrder): Promise<void> {
  const queue = order.tokens.map((token, index) => ({ token, proxy: order.first + index }));
  await Promise.all(
    Array.from({ length: opensAtOnce }, async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        // As proxy/subscribe: the agent keeps one connection for acknowledgements, and resumes TLS for it.
        const agent = new Agent({ ca: order.caPem, keepAlive: true, maxSockets: 2, maxFreeSockets: 1 });
        await openStream({ ...next, order, agent });
      }
    }),
  );
}

interface ClientStream {
  readonly token: string;
  readonly proxy: number;
  readonly order: ClientsOrder;
  readonly agent: Agent;
}

/** Resolves at the first SYNCED. */
function openStream(client: ClientStream): Promise<void> {
  const { order, token, proxy, agent } = client;
  return new Promise((resolve) => {
    const body = JSON.stringify({ revision: '', revisionsByName: {}, version: `bench ${randomUUID()}` });
    const opening = request(new URL(tablesPath, order.origin), {
      method: 'POST',
      agent,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': body.length },
    });
    opening.on('error', (error) => waiting.push({ kind: 'failed', proxy, message: error.message }));
    opening.on('response', (response) => {
      if (response.statusCode !== 200) {
        waiting.push({ kind: 'failed', proxy, message: `status ${response.statusCode}` });
        response.resume();
        return;
      }
      readStream(response, client, resolve);
    });
    opening.end(body);
  });
}

function readStream(response: IncomingMessage, client: ClientStream, onSynced: () => void): void {
  const { proxy } = client;
  const stream = String(response.headers[streamIdField]);
  let bytes = 0;
  createInterface({ input: response }).on('line', (line) => {
    bytes += line.length + 1;
    if (!line.startsWith('{"type":"SYNCED"')) return;
    const { revision } = JSON.parse(line) as { readonly revision: string };
    const syncedAtMs = nowMs();
    const bytesBefore = bytes;
    bytes = 0;
    onSynced();
    acknowledge(client, { stream, revision }, (status) => {
      waiting.push({
        kind: 'synced',
        proxy,
        revision,
        bytes: bytesBefore,
        syncedAtMs,
        acknowledgedAtMs: nowMs(),
        status,
      });
    });
  });
  response.on('close', () => waiting.push({ kind: 'failed', proxy, message: 'the stream ended' }));
}

function acknowledge(
  client: ClientStream,
  { stream, revision }: { readonly stream: string; readonly revision: string },
  onAnswered: (status: number) => void,
): void {
  const { token, order, agent, proxy } = client;
  const body = JSON.stringify({ stream, revision, state: 'applied', reasons: [] });
  const posting = request(new URL(acknowledgementsPath, order.origin), {
    method: 'POST',
    agent,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'content-length': body.length },
  });
  posting.on('error', (error) => {
    // The operator closed a kept connection just then: another one, as proxy/subscribe does.
    if (posting.reusedSocket) acknowledge(client, { stream, revision }, onAnswered);
    else waiting.push({ kind: 'failed', proxy, message: `acknowledgement: ${error.message}` });
  });
  posting.on('response', (response) => {
    response.resume().on('end', () => onAnswered(response.statusCode ?? 0));
  });
  posting.end(body);
}

/** Of the machine's clock, which every process of the bench shares. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

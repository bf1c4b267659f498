/**
 * Many light proxies in one process: each holds a stream, throws the endpoints away, acknowledges what is SYNCED, and
 * tells the bench when. Started by stream-clients.ts, which speaks to it over IPC.
 */
import { randomUUID } from 'node:crypto';
import { request } from 'node:https';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { jsonLinesType, tablesPath } from '#shared/push/push-channel.ts';
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
        await openStream({ ...next, order });
      }
    }),
  );
}

interface ClientStream {
  readonly token: string;
  readonly proxy: number;
  readonly order: ClientsOrder;
}

/** Resolves at the first SYNCED. */
function openStream(client: ClientStream): Promise<void> {
  const { order, token, proxy } = client;
  return new Promise((resolve) => {
    // As proxy/subscribe: one connection, whose request stays open for acknowledgements.
    const opening = request(new URL(tablesPath, order.origin), {
      method: 'POST',
      agent: false,
      ca: order.caPem,
      headers: { authorization: `Bearer ${token}`, 'content-type': jsonLinesType },
    });
    opening.on('error', (error) => waiting.push({ kind: 'failed', proxy, message: error.message }));
    opening.on('response', (response) => {
      if (response.statusCode !== 200) {
        waiting.push({ kind: 'failed', proxy, message: `status ${response.statusCode}` });
        response.resume();
        return;
      }
      readStream({ proxy, response, acknowledgements: opening }, resolve);
    });
    opening.write(`${JSON.stringify({ revision: '', revisionsByName: {}, version: `bench ${randomUUID()}` })}\n`);
  });
}

interface OpenStream {
  readonly proxy: number;
  readonly response: IncomingMessage;
  readonly acknowledgements: ClientRequest;
}

function readStream({ proxy, response, acknowledgements }: OpenStream, onSynced: () => void): void {
  let bytes = 0;
  createInterface({ input: response }).on('line', (line) => {
    bytes += line.length + 1;
    if (!line.startsWith('{"type":"SYNCED"')) return;
    const { revision } = JSON.parse(line) as { readonly revision: string };
    const syncedAtMs = nowMs();
    const bytesBefore = bytes;
    bytes = 0;
    onSynced();
    acknowledgements.write(`${JSON.stringify({ revision, state: 'applied', reasons: [] })}\n`, () => {
      waiting.push({ kind: 'synced', proxy, revision, bytes: bytesBefore, syncedAtMs, acknowledgedAtMs: nowMs() });
    });
  });
  response.on('close', () => waiting.push({ kind: 'failed', proxy, message: 'the stream ended' }));
}

/** Of the machine's clock, which every process of the bench shares. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

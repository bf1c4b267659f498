/** One question to another replica, over TLS with the operator's own authority. */
import { request } from 'node:https';
import { isIP } from 'node:net';
import { LinkError } from '#shared/errors/link-error.ts';
import { peerCountsPath, peerCountsSchema, type PeerCountsMessage } from '../push/peer-counts-message.ts';

export interface AskReplicaOptions {
  /** `host:port`. */
  readonly address: string;
  /** Of the answer before; `''`: none. */
  readonly cursor: string;
  readonly token: string;
  /** Whom to trust. */
  readonly caPem: string;
  /** One of the names in every replica's certificate. */
  readonly serverName: string;
  readonly signal: AbortSignal;
}

const timeoutMs = 5_000;
const maxBodyBytes = 32 * 1024 * 1024;

/** Asks for the counts that changed. Throws LinkError; its message holds no token. */
export async function askReplica(options: AskReplicaOptions): Promise<PeerCountsMessage> {
  const { status, body } = await exchange(options);
  if (status !== 200) throw failure(`replica ${options.address} answers ${status}`, status);
  try {
    return peerCountsSchema.parse(JSON.parse(body));
  } catch {
    throw failure(`replica ${options.address} answers something else than counts`, status);
  }
}

function exchange(options: AskReplicaOptions): Promise<{ readonly status: number; readonly body: string }> {
  const { address, cursor, token, caPem, serverName, signal } = options;
  const url = new URL(`https://${address}${peerCountsPath}`);
  url.searchParams.set('after', cursor);
  return new Promise((resolve, reject) => {
    const asking = request(url, {
      // A connection for each question: nothing is left open when a replica or the authority changes.
      agent: false,
      ca: caPem,
      // Replicas are reached by address, and none of them is in the certificate: all of them show the Service's names.
      servername: isIP(serverName) === 0 ? serverName : '',
      headers: { Authorization: `Bearer ${token}` },
      timeout: timeoutMs,
      signal,
    });
    const fail = (cause: Error): void =>
      reject(failure(`replica ${address} cannot be asked: ${cause.message}`, 0, cause));
    asking.on('timeout', () => asking.destroy(new Error('no answer in time')));
    asking.on('error', fail);
    asking.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > maxBodyBytes) asking.destroy(new Error('the answer is too large'));
        else chunks.push(chunk);
      });
      response.on('error', fail);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    asking.end();
  });
}

function failure(message: string, status: number, cause?: unknown): LinkError {
  return new LinkError(message, { kind: 'transient', status, retryAfterMs: 0, cause });
}

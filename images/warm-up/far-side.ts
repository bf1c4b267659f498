/** What a proxy talks to in a warm-up: upstreams with and without TLS, and an operator that sends one table. */
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { jsonLinesType, streamIdField } from '#shared/push/push-channel.ts';
import type { PushMessage } from '#shared/push/push-message.ts';
import { defaultOptions } from '#shared/compile/default-options.ts';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';
import type { ClientTls } from '#shared/table/endpoint-table.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';

export interface FarSide {
  /** Of the upstream without TLS. */
  readonly port: number;
  /** What to call, with the status to expect. */
  readonly targets: readonly (readonly [string, number])[];
  /** Of the operator, on localhost, which gives endpoints `plain` and `secured` to whoever asks. */
  readonly operatorPort: number;
  /** PEM, which the operator is verified by. */
  readonly authority: string;
  /** Adds endpoint `later`. */
  sendMore(): void;
}

/** Starts it on free ports. It ends with the signal. */
export async function startFarSide(signal: AbortSignal): Promise<FarSide> {
  const authority = await CertificateAuthority.create('warm-up');
  const server = await authority.issueServer({ hosts: ['localhost', '127.0.0.1'] });
  const client = await authority.issueClient({ name: 'warm-up' });
  const tls = { cert: server.chainPem, key: server.privateKeyPem };
  const start = (started: Server): Promise<number> => listen(started, signal);
  const port = await start(createServer((request, response) => void request.pipe(response)));
  const securedPort = await start(
    createTlsServer({ ...tls, ca: authority.certificatePem, requestCert: true }, (request, response) => {
      request.pipe(response);
    }),
  );
  const endpoints: readonly FarEndpoint[] = [
    { name: 'plain', origin: `http://127.0.0.1:${port}`, tls: null },
    {
      name: 'secured',
      origin: `https://localhost:${securedPort}`,
      tls: {
        rootCa: sensitive(authority.certificatePem),
        identity: {
          certificateChain: sensitive(client.chainPem),
          privateKey: sensitive(client.privateKeyPem),
        },
      },
    },
  ];
  const later: FarEndpoint = { name: 'later', origin: `http://127.0.0.1:${port}`, tls: null };
  let sendLater = (): void => undefined;
  const operatorPort = await start(
    createTlsServer(tls, (request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': jsonLinesType, [streamIdField]: 'warm-up' });
      response.write(linesOf(endpoints, 'first'));
      sendLater = () => void response.write(`${JSON.stringify({ type: 'PING' })}\n${linesOf([later], 'second')}`);
    }),
  );
  return {
    port,
    targets: ['plain', 'secured', `http://127.0.0.1:${port}`].map((target) => [target, 200]),
    operatorPort,
    authority: authority.certificatePem,
    sendMore: () => sendLater(),
  };
}

interface FarEndpoint {
  readonly name: string;
  readonly origin: string;
  readonly tls: ClientTls | null;
}

function linesOf(endpoints: readonly FarEndpoint[], revision: string): string {
  const upserts = endpoints.map(({ name, origin, tls }): PushMessage => {
    const baseUrl = { origin, path: '', query: '', authorization: null };
    const from = { baseUrl, headers: [], environmentHeaders: [], tls };
    return { type: 'UPSERT', endpoint: encodeEndpoint({ state: 'ready', name, revision: name, ...from }) };
  });
  const synced = { type: 'SYNCED', revision, options: encodeOptions(defaultOptions) };
  return [...upserts, synced].map((message) => `${JSON.stringify(message)}\n`).join('');
}

function sensitive(value: string): Sensitive {
  return new Sensitive(value, { ref: 'warm-up', version: '1' });
}

async function listen(server: Server, signal: AbortSignal): Promise<number> {
  signal.addEventListener('abort', () => {
    server.close();
    server.closeAllConnections();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

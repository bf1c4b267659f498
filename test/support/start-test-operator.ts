/** A small operator that speaks the push channel over real TLS, and says and does exactly what a test tells it. */
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  jsonLinesType,
  streamIdField,
  type Acknowledgement,
  type Hello,
  type StreamAcknowledgement,
} from '#shared/push/push-channel.ts';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';
import { optionsOf } from '#shared/table/options-of.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { listenUntilTestEnds } from './start-upstream.ts';
import { temporaryFolder } from './temporary-folder.ts';

export interface TestStream {
  readonly id: string;
  readonly hello: Hello;
  readonly token: string;
  /** The proxy has gone, or the stream has ended. */
  readonly isClosed: boolean;
  send(...messages: readonly object[]): void;
  /** Bytes as they are. */
  write(text: string): void;
  /** Ends it in order. */
  end(): void;
  /** Resets the connection. */
  cut(): void;
}

/** How requests are refused. */
export interface TestRefusal {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface TestOperator {
  readonly port: number;
  readonly server: Server;
  readonly streams: readonly TestStream[];
  /** With the stream on which each came. */
  readonly acknowledgements: readonly Acknowledgement[];
  /** Requests for a stream, refused ones included. */
  readonly requests: () => number;
  /** TCP connections. */
  readonly connections: () => number;
  /** Tokens in the order in which requests presented them. */
  readonly tokens: readonly string[];
  readonly authority: CertificateAuthority;
  readonly tokenFile: string;
  readonly caFile: string;
  /** Null: streams are served. */
  refuseStreams: TestRefusal | null;
  /** False: requests get no answer. */
  isAnswering: boolean;
  /** Called when a stream begins. */
  onStream: (stream: TestStream) => void;
}

export interface TestOperatorOptions {
  /** Names of its certificate. */
  readonly hosts?: readonly string[];
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** Listens on 127.0.0.1 until the test ends. */
export async function startTestOperator(options: TestOperatorOptions = {}): Promise<TestOperator> {
  const authority = await CertificateAuthority.create('Farpoint operator');
  const { hosts = ['localhost', '127.0.0.1'], ...validity } = options;
  const issued = await authority.issueServer({ hosts, ...validity });
  const streams: TestStream[] = [];
  const acknowledgements: Acknowledgement[] = [];
  const tokens: string[] = [];
  let requests = 0;
  let connections = 0;
  const server = createServer({ cert: issued.chainPem, key: issued.privateKeyPem }, serve);
  server.on('connection', () => (connections += 1));
  server.on('tlsClientError', () => undefined);
  const folder = await temporaryFolder();
  const tokenFile = join(folder, 'token');
  const caFile = join(folder, 'ca.crt');
  await writeFile(tokenFile, 'first-token\n');
  await writeFile(caFile, authority.certificatePem);
  const operator: TestOperator = {
    port: await listenUntilTestEnds(server),
    server,
    streams,
    acknowledgements,
    requests: () => requests,
    connections: () => connections,
    tokens,
    authority,
    tokenFile,
    caFile,
    refuseStreams: null,
    isAnswering: true,
    onStream: () => undefined,
  };
  return operator;

  function serve(request: IncomingMessage, response: ServerResponse): void {
    const lines = createInterface({ input: request });
    lines.on('error', () => undefined); // the stream says that it is closed
    lines.once('line', (hello) => {
      const token = (request.headers.authorization ?? '').replace('Bearer ', '');
      tokens.push(token);
      requests += 1;
      if (!operator.isAnswering) return;
      if (operator.refuseStreams !== null) return refuse(response, operator.refuseStreams);
      const { id } = beginStream(JSON.parse(hello) as Hello, token, response);
      lines.on('line', (line) => {
        acknowledgements.push({ ...(JSON.parse(line) as StreamAcknowledgement), stream: id });
      });
    });
  }

  function refuse(response: ServerResponse, { status, headers, body }: TestRefusal): void {
    response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
    response.end(body);
  }

  function beginStream(hello: Hello, token: string, response: ServerResponse): TestStream {
    const id = `stream-${streams.length}`;
    response.writeHead(200, { 'Content-Type': jsonLinesType, Connection: 'close', [streamIdField]: id });
    response.flushHeaders();
    response.on('error', () => undefined);
    const stream: TestStream = {
      id,
      hello,
      token,
      get isClosed() {
        return response.destroyed || response.writableEnded;
      },
      send: (...messages) => void response.write(messages.map((message) => `${JSON.stringify(message)}\n`).join('')),
      write: (text) => void response.write(text),
      end: () => void response.end(),
      cut: () => void response.socket?.destroy(),
    };
    streams.push(stream);
    operator.onStream(stream);
    return stream;
  }
}

/** The messages that make up a whole table. */
export function messagesOf(table: EndpointTable): readonly object[] {
  const upserts = [...table.endpointsByName.values()].map((endpoint) => ({
    type: 'UPSERT',
    endpoint: encodeEndpoint(endpoint),
  }));
  return [...upserts, syncedOf(table)];
}

/** Says that a table is complete. */
export function syncedOf(table: EndpointTable): object {
  return { type: 'SYNCED', revision: table.revision, options: encodeOptions(optionsOf(table)) };
}

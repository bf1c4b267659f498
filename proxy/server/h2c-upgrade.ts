/**
 * `Upgrade: h2c` (RFC 7540 §3.2): the request that asked becomes stream 1 of an HTTP/2 connection. node:http2 cannot
 * begin there, so the request is put before it as the HEADERS frame that an HTTP/2 client would have sent.
 */
import type { IncomingMessage } from 'node:http';
import type { Http2Server, ServerHttp2Session } from 'node:http2';
import { Duplex } from 'node:stream';
import { namesInConnection } from '../upstream/hop-by-hop.ts';

const prefaceLength = 24;
const frameHeaderLength = 9;
const maxHeaderBlockBytes = 16_384;

/** Whether a request asks for h2c in a way that can be granted: without a body, with its settings. */
export function isH2cUpgrade(request: IncomingMessage): boolean {
  const { headers } = request;
  return (
    headers.upgrade?.toLowerCase() === 'h2c' &&
    request.httpVersion === '1.1' &&
    isSettingsPayload(headers['http2-settings']) &&
    headers['transfer-encoding'] === undefined &&
    (headers['content-length'] ?? '0') === '0' &&
    headerBlock(request).length <= maxHeaderBlockBytes
  );
}

/** The payload of one SETTINGS frame in base64url (RFC 7540 §3.2.1): six bytes each. Two fields make a list, which is none. */
function isSettingsPayload(value: string | string[] | undefined): boolean {
  return typeof value === 'string' && /^[\w-]*$/.test(value) && Buffer.from(value, 'base64url').length % 6 === 0;
}

export interface H2cUpgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly server: Http2Server;
}

/** Answers 101 and hands the connection to the HTTP/2 server. The session's own socket does not know its caller's address. */
export function acceptH2cUpgrade({ request, socket, head, server }: H2cUpgrade): ServerHttp2Session | null {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  const connection = new UpgradedConnection(socket, requestFrame(request));
  if (head.length > 0) socket.unshift(head);
  let opened: ServerHttp2Session | null = null;
  const keep = (session: ServerHttp2Session): void => void (opened = session);
  server.once('session', keep).emit('connection', connection);
  server.off('session', keep);
  return opened;
}

/** The socket, with one frame inserted after the client's preface and SETTINGS. */
class UpgradedConnection extends Duplex {
  readonly #socket: Duplex;
  #insertion: Buffer | null;
  #received = Buffer.alloc(0);

  constructor(socket: Duplex, insertion: Buffer) {
    super();
    this.#socket = socket;
    this.#insertion = insertion;
    socket
      .on('data', (chunk: Buffer) => this.#receive(chunk))
      .on('end', () => this.push(null))
      .on('close', () => this.destroy())
      .on('drain', () => this.emit('drain'));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#socket.write(chunk, callback);
  }

  override _final(callback: () => void): void {
    this.#socket.end(callback);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#socket.destroy();
    callback(error);
  }

  #receive(chunk: Buffer): void {
    if (this.#insertion === null) {
      if (!this.push(chunk)) this.#socket.pause();
      return;
    }
    this.#received = Buffer.concat([this.#received, chunk]);
    const settingsEnd = endOfFirstFrame(this.#received);
    if (settingsEnd === null) {
      if (this.#received.length > prefaceLength + frameHeaderLength + maxHeaderBlockBytes) this.destroy();
      return;
    }
    this.push(this.#received.subarray(0, settingsEnd));
    this.push(this.#insertion);
    this.#insertion = null;
    if (this.#received.length > settingsEnd) this.push(this.#received.subarray(settingsEnd));
    this.#received = Buffer.alloc(0);
  }
}

function endOfFirstFrame(received: Buffer): number | null {
  if (received.length < prefaceLength + frameHeaderLength) return null;
  const end = prefaceLength + frameHeaderLength + received.readUIntBE(prefaceLength, 3);
  return received.length < end ? null : end;
}

/** A HEADERS frame with END_HEADERS and END_STREAM for stream 1 (RFC 9113 §6.2). */
function requestFrame(request: IncomingMessage): Buffer {
  const block = headerBlock(request);
  const frame = Buffer.alloc(frameHeaderLength);
  frame.writeUIntBE(block.length, 0, 3);
  frame.writeUInt8(0x1, 3);
  frame.writeUInt8(0x4 | 0x1, 4);
  frame.writeUInt32BE(1, 5);
  return Buffer.concat([frame, block]);
}

const connectionFields = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'upgrade',
]);

function headerBlock(request: IncomingMessage): Buffer {
  const fields = [
    literal(':method', request.method ?? 'GET'),
    literal(':scheme', 'http'),
    literal(':path', request.url ?? '/'),
    literal(':authority', request.headers.host ?? ''),
  ];
  const { rawHeaders } = request;
  const nominated = namesInConnection(request.headers.connection);
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    if (!connectionFields.has(name) && !nominated.has(name)) fields.push(literal(name, rawHeaders[index + 1] ?? ''));
  }
  return Buffer.concat(fields);
}

/** A literal field without indexing and without Huffman coding (RFC 7541 §6.2.2): leaves the decoder's state alone. */
function literal(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name, 'latin1');
  const valueBytes = Buffer.from(value, 'latin1');
  return Buffer.concat([Buffer.of(0), integer(nameBytes.length), nameBytes, integer(valueBytes.length), valueBytes]);
}

/** An integer with a seven-bit prefix (RFC 7541 §5.1). */
function integer(value: number): Buffer {
  if (value < 127) return Buffer.of(value);
  const bytes = [127];
  let rest = value - 127;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.of(...bytes, rest);
}

/**
 * Stands between a client and the API server, with a certificate of its own, and does faults that a test switches on.
 * Clients authenticate by bearer token, which passes through: a client certificate cannot.
 */
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, createServer, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import type { ControlPlaneAccess } from './control-plane-access.ts';
import {
  type Fault,
  FaultBoard,
  type FaultMatch,
  type FaultyRequest,
  type InjectedFault,
  isMatching,
  type LineFault,
  type RequestFault,
  type RequestKind,
  requestKindOf,
} from './faults.ts';
import { FaultyWatch } from './faulty-watch.ts';

export interface FaultProxy {
  /** In place of the API server's own; for `kubeconfigFor`. */
  readonly server: string;
  readonly caPem: string;
  /** Switches a fault on, for requests and lines that come. */
  inject(fault: Fault, match?: FaultMatch): InjectedFault;
  /** Does a fault to every open watch now, or to those that match; returns to how many. */
  strike(fault: LineFault, match?: Pick<FaultMatch, 'path'>): number;
  /** Resets every connection now. */
  resetAll(): void;
  /** Switches every fault off. Watches that were silenced stay silent. */
  clear(): void;
  /** How often a fault was done. */
  doneOf(kind: Fault['kind']): number;
  /** How many requests of a kind came. */
  requestsOf(kind: RequestKind): number;
  /** Watches that are open. */
  openWatches(): readonly FaultyRequest[];
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  readonly target: Pick<ControlPlaneAccess, 'server' | 'caPem'>;
  /** For faults that have a chance; defaults to Math.random. */
  readonly random?: () => number;
}

/** Starts one on a free port of loopback. */
export async function startFaultProxy({ target, random = Math.random }: FaultProxyOptions): Promise<FaultProxy> {
  const authority = await CertificateAuthority.create('test fault proxy');
  const certificate = await authority.issueServer({ hosts: ['127.0.0.1', 'localhost'] });
  const agent = new Agent({ keepAlive: true, ca: target.caPem });
  const board = new FaultBoard(random);
  const watches = new Set<FaultyWatch>();
  const requestsByKind = new Map<RequestKind, number>();
  // Below TLS: only there a connection can be reset.
  const sockets = new Map<number, Socket>();

  const server = createServer({ cert: certificate.chainPem, key: certificate.privateKeyPem }, (incoming, outgoing) => {
    const path = incoming.url ?? '/';
    const request = { kind: requestKindOf(incoming.method ?? 'GET', path), path };
    requestsByKind.set(request.kind, (requestsByKind.get(request.kind) ?? 0) + 1);
    const fault = board.takeRequestFault(request);
    const reset = (): void => void sockets.get(incoming.socket.remotePort ?? 0)?.resetAndDestroy();
    outgoing.on('error', () => undefined);
    void serve({ request, incoming, outgoing, fault, reset }).catch(reset);
  });
  server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.on('close', () => sockets.delete(port));
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);

  async function serve(exchange: Exchange): Promise<void> {
    const { fault, outgoing, reset } = exchange;
    switch (fault?.kind) {
      case 'reset':
        return reset();
      case 'silence':
        exchange.incoming.resume();
        return;
      case 'status':
        return answerStatus(fault, exchange);
      case 'latency':
        await pause(fault.ms);
        break;
      case 'half-answer':
      case undefined:
        break;
    }
    const answer = await forward(exchange, { server: target.server, agent });
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
    if (fault?.kind === 'half-answer') return passHalf(answer, exchange);
    if (exchange.request.kind !== 'watch' || answer.statusCode !== 200) {
      answer.on('error', reset);
      answer.pipe(outgoing);
      return;
    }
    outgoing.flushHeaders();
    passWatch(answer, exchange);
  }

  function passWatch(answer: IncomingMessage, { request, outgoing, reset }: Exchange): void {
    const watch = new FaultyWatch({
      request,
      source: answer,
      write: (text, written) => void outgoing.write(text, written),
      end: () => void outgoing.end(),
      reset,
      takeFault: () => board.takeLineFault(request),
    });
    watches.add(watch);
    outgoing.once('close', () => {
      watches.delete(watch);
      answer.destroy();
    });
    watch.start();
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const resetAll = (): void => {
    for (const socket of sockets.values()) socket.resetAndDestroy();
  };
  return {
    server: `https://127.0.0.1:${port}`,
    caPem: authority.certificatePem,
    inject: (fault, match = {}) => board.inject(fault, match),
    strike(fault, match = {}) {
      const struck = [...watches].filter((watch) => isMatching(match, watch.request));
      for (const watch of struck) {
        board.count(fault);
        watch.strike(fault);
      }
      return struck.length;
    },
    resetAll,
    clear: () => board.clear(),
    doneOf: (kind) => board.doneOf(kind),
    requestsOf: (kind) => requestsByKind.get(kind) ?? 0,
    openWatches: () => [...watches].map((watch) => watch.request),
    async close() {
      server.close();
      resetAll();
      agent.destroy();
      await once(server, 'close');
    },
  };
}

interface Exchange {
  readonly request: FaultyRequest;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly fault: RequestFault | null;
  readonly reset: () => void;
}

/** Passes the request on and resolves with the answer's head. */
function forward(
  { incoming, outgoing, request }: Exchange,
  to: { readonly server: string; readonly agent: Agent },
): Promise<IncomingMessage> {
  const { host: _, ...headers } = incoming.headers;
  // The lines of a watch are to be read here.
  if (request.kind === 'watch') delete headers['accept-encoding'];
  return new Promise((resolve, reject) => {
    const sending = httpsRequest(new URL(request.path, to.server), {
      method: incoming.method,
      headers,
      agent: to.agent,
    });
    sending.on('response', resolve);
    sending.on('error', reject);
    outgoing.once('close', () => sending.destroy());
    incoming.on('error', () => sending.destroy());
    incoming.pipe(sending);
  });
}

function answerStatus(
  { status, retryAfterSeconds }: Extract<RequestFault, { kind: 'status' }>,
  { incoming, outgoing }: Exchange,
): void {
  incoming.resume();
  const body = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: 'a fault', code: status };
  outgoing.writeHead(status, {
    'content-type': 'application/json',
    ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
  });
  outgoing.end(JSON.stringify(body));
}

function passHalf(answer: IncomingMessage, { outgoing, reset }: Exchange): void {
  answer.once('data', (bytes: Buffer) => {
    answer.destroy();
    outgoing.write(bytes.subarray(0, Math.floor(bytes.length / 2)), reset);
  });
  answer.on('error', () => undefined);
}

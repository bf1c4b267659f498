/** The requests of each HTTP/1.1 connection and their answers, one after the other, up to the last one (RFC 9112 §9.3, §9.6). */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Clock } from '#shared/clock/clock.ts';
import { closeInStages } from './close-in-stages.ts';
import { readPast } from './read-past.ts';

export interface Turn {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

export class Turns {
  readonly #clock: Clock;
  readonly #lastBySocket = new WeakMap<Duplex, Turn>();
  /** Answers that wait for those before them: behind a CONNECT or an Upgrade, node closes none of them with the connection. */
  readonly #queuedBySocket = new WeakMap<Duplex, Set<ServerResponse>>();
  /** Connections whose callers go on after the last answer. */
  readonly #overrun = new WeakSet<Duplex>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** False: the answer before it was the last, and the request is not to be served. */
  begin(turn: Turn): boolean {
    const { socket } = turn.request;
    if (!this.mayGoOn(socket)) return false;
    if (this.underWay(socket) !== null) this.#queue(turn);
    this.#lastBySocket.set(socket, turn);
    return true;
  }

  /** Whether there will be another answer; if not, nothing that comes from now on is looked at. */
  mayGoOn(socket: Duplex): boolean {
    if (socket.writable && this.#lastBySocket.get(socket)?.response.shouldKeepAlive !== false) return true;
    this.#overrun.add(socket);
    readPast(socket);
    return false;
  }

  /** The newest one whose answer is not out. */
  underWay(socket: Duplex): Turn | null {
    const last = this.#lastBySocket.get(socket);
    return last === undefined || isOver(last) ? null : last;
  }

  /** The one whose body is what comes now, whether or not it has its answer. */
  inBody(socket: Duplex): Turn | null {
    const last = this.#lastBySocket.get(socket);
    return last?.request.complete === false ? last : null;
  }

  /** Gives the last answer of the connection when those before are out, unless one of them is the last. */
  inTurn(socket: Duplex, answer: () => void): void {
    if (!this.mayGoOn(socket)) return;
    const turn = this.underWay(socket);
    if (turn === null) return answer();
    // What comes meanwhile will not be served; but that the caller leaves is to be noticed.
    readPast(socket);
    turn.response.once('close', () => {
      if (this.mayGoOn(socket)) answer();
    });
  }

  /** The connection is lost. */
  end(socket: Socket): void {
    for (const response of this.#queuedBySocket.get(socket) ?? []) {
      if (response.socket === null) response.destroy();
    }
  }

  /** Closes the connection after what is written; in stages where the caller may still be sending. */
  closeSoon(socket: Socket): void {
    const isSending = this.inBody(socket) !== null || this.#overrun.has(socket);
    if (isSending) closeInStages(socket, this.#clock);
    else Socket.prototype.destroySoon.call(socket);
  }

  #queue({ request: { socket }, response }: Turn): void {
    const queued = this.#queuedBySocket.get(socket) ?? new Set();
    this.#queuedBySocket.set(socket, queued.add(response));
    response.once('close', () => queued.delete(response));
  }
}

function isOver({ response }: Turn): boolean {
  return response.destroyed || response.writableFinished;
}

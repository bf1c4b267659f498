/**
 * Who is connected. Connections on which nobody has authenticated are limited; when there are too many, the address that has
 * the most loses its oldest, so that one machine cannot keep the others out. A pod has a few authenticated ones at most.
 */
import type { Socket } from 'node:net';

export interface ConnectionsOptions {
  readonly maxStrangers: number;
  readonly maxPerPod: number;
  readonly onRefused: () => void;
}

/** The raw socket and the TLS socket on top of it have these in common. */
type Addressed = Pick<Socket, 'remoteAddress' | 'remotePort'>;

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #strangersByAddress = new Map<string, Map<string, Socket>>();
  readonly #connectionsByPod = new Map<string, Set<string>>();
  readonly #podByConnection = new Map<string, string>();
  #strangers = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** A connection was accepted. */
  add(socket: Socket): void {
    const key = keyOf(socket);
    const address = socket.remoteAddress ?? '';
    const strangers = this.#strangersByAddress.get(address) ?? new Map<string, Socket>();
    this.#strangersByAddress.set(address, strangers.set(key, socket));
    this.#strangers += 1;
    socket.once('close', () => {
      this.#forgetStranger(address, key);
      this.#forgetPod(key);
    });
    if (this.#strangers > this.#options.maxStrangers) this.#closeOne();
  }

  /** Somebody authenticated on a connection. False: the pod has as many as it may have. */
  admit(socket: Addressed, podUid: string): boolean {
    const key = keyOf(socket);
    const known = this.#podByConnection.get(key);
    if (known === podUid) return true;
    const connections = this.#connectionsByPod.get(podUid) ?? new Set();
    if (connections.size >= this.#options.maxPerPod) return false;
    this.#forgetPod(key);
    this.#connectionsByPod.set(podUid, connections.add(key));
    this.#podByConnection.set(key, podUid);
    this.#forgetStranger(socket.remoteAddress ?? '', key);
    return true;
  }

  #closeOne(): void {
    let most: Map<string, Socket> = new Map();
    for (const strangers of this.#strangersByAddress.values()) if (strangers.size > most.size) most = strangers;
    for (const [key, socket] of most) {
      this.#forgetStranger(socket.remoteAddress ?? '', key);
      socket.destroy();
      this.#options.onRefused();
      return;
    }
  }

  #forgetStranger(address: string, key: string): void {
    const strangers = this.#strangersByAddress.get(address);
    if (strangers?.delete(key) !== true) return;
    this.#strangers -= 1;
    if (strangers.size === 0) this.#strangersByAddress.delete(address);
  }

  #forgetPod(key: string): void {
    const podUid = this.#podByConnection.get(key);
    if (podUid === undefined) return;
    this.#podByConnection.delete(key);
    const connections = this.#connectionsByPod.get(podUid);
    connections?.delete(key);
    if (connections?.size === 0) this.#connectionsByPod.delete(podUid);
  }
}

function keyOf({ remoteAddress = '', remotePort = 0 }: Addressed): string {
  return `${remoteAddress} ${remotePort}`;
}

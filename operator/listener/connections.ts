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

interface Connection {
  readonly socket: Socket;
  readonly address: string;
  /** Null: a stranger. */
  podUid: string | null;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #connectionsByKey = new Map<string, Connection>();
  readonly #strangersByAddress = new Map<string, Set<Connection>>();
  readonly #connectionsByPod = new Map<string, Set<Connection>>();
  #strangers = 0;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** A connection was accepted. */
  add(socket: Socket): void {
    const { remoteAddress: address } = socket;
    // Reset before it was accepted: there is nobody to wait for.
    if (address === undefined) return void socket.destroy();
    const key = keyOf(socket);
    const connection: Connection = { socket, address, podUid: null };
    this.#connectionsByKey.set(key, connection);
    this.#strangersByAddress.set(address, (this.#strangersByAddress.get(address) ?? new Set()).add(connection));
    this.#strangers += 1;
    socket.once('close', () => {
      this.#forgetStranger(connection);
      this.#forgetPod(connection);
      // The same address and port may have come again already.
      if (this.#connectionsByKey.get(key) === connection) this.#connectionsByKey.delete(key);
    });
    if (this.#strangers > this.#options.maxStrangers) this.#closeOne();
  }

  /** Somebody authenticated on a connection. False: the pod has as many as it may have, or the connection is gone. */
  admit(socket: Addressed, podUid: string): boolean {
    const connection = this.#connectionsByKey.get(keyOf(socket));
    if (connection === undefined) return false;
    if (connection.podUid === podUid) return true;
    const ofPod = this.#connectionsByPod.get(podUid) ?? new Set();
    if (ofPod.size >= this.#options.maxPerPod) return false;
    this.#forgetStranger(connection);
    this.#forgetPod(connection);
    connection.podUid = podUid;
    this.#connectionsByPod.set(podUid, ofPod.add(connection));
    return true;
  }

  #closeOne(): void {
    let most: ReadonlySet<Connection> = new Set();
    for (const strangers of this.#strangersByAddress.values()) if (strangers.size > most.size) most = strangers;
    const [oldest] = most;
    if (oldest === undefined) return;
    this.#forgetStranger(oldest);
    oldest.socket.destroy();
    this.#options.onRefused();
  }

  #forgetStranger(connection: Connection): void {
    const strangers = this.#strangersByAddress.get(connection.address);
    if (strangers?.delete(connection) !== true) return;
    this.#strangers -= 1;
    if (strangers.size === 0) this.#strangersByAddress.delete(connection.address);
  }

  #forgetPod(connection: Connection): void {
    if (connection.podUid === null) return;
    const ofPod = this.#connectionsByPod.get(connection.podUid);
    ofPod?.delete(connection);
    if (ofPod?.size === 0) this.#connectionsByPod.delete(connection.podUid);
    connection.podUid = null;
  }
}

function keyOf({ remoteAddress = '', remotePort = 0 }: Addressed): string {
  return `${remoteAddress} ${remotePort}`;
}

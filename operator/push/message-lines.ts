/** Messages as bytes. An endpoint is encoded once, and the same bytes go to every proxy that may have it. */
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import type { Endpoint, TableOptions } from '#shared/table/endpoint-table.ts';
import { encodeOptions } from '#shared/table/options-codec.ts';

/** `{"type":"PING"}`. */
export const pingLine: Buffer = line({ type: 'PING' });

/** Says that a name is gone. */
export function deleteLine(name: string): Buffer {
  return line({ type: 'DELETE', name });
}

/** Asks the proxy to open its next stream elsewhere after this time. */
export function drainLine(reconnectAfterMs: number): Buffer {
  return line({ type: 'DRAIN', reconnectAfterMs });
}

/** Encoded endpoints and options, kept for as long as somebody else keeps the object. */
export class MessageLines {
  readonly #linesByEndpoint = new WeakMap<Endpoint, Buffer>();
  readonly #linesByOptions = new WeakMap<TableOptions, SyncedLine>();

  /** The UPSERT of an endpoint. Holds its secrets. */
  upsert(endpoint: Endpoint): Buffer {
    let bytes = this.#linesByEndpoint.get(endpoint);
    if (bytes === undefined) {
      bytes = line({ type: 'UPSERT', endpoint: encodeEndpoint(endpoint) });
      this.#linesByEndpoint.set(endpoint, bytes);
    }
    return bytes;
  }

  /** The SYNCED that ends a table. Holds the secrets of its pipelines. */
  synced(revision: string, options: TableOptions): Buffer {
    const known = this.#linesByOptions.get(options);
    if (known?.revision === revision) return known.bytes;
    const text = known?.text ?? JSON.stringify(encodeOptions(options));
    const bytes = Buffer.from(`{"type":"SYNCED","revision":${JSON.stringify(revision)},"options":${text}}\n`);
    this.#linesByOptions.set(options, { text, revision, bytes });
    return bytes;
  }
}

/** The last one with these options: all proxies of an audience get the same bytes, however many wait to read them. */
interface SyncedLine {
  /** Of the options. */
  readonly text: string;
  readonly revision: string;
  readonly bytes: Buffer;
}

function line(message: object): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`);
}

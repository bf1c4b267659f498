/**
 * The vocabulary of the push channel: one long request of JSON lines per proxy, and one long response. A table goes over
 * it as the difference to what the proxy says it holds.
 */

/**
 * POST: answers 200 with a stream of `PushMessage` lines (application/x-ndjson) until one side ends it. A body of type
 * `jsonLinesType` stays open: its first line is the `Hello`, each later one a `StreamAcknowledgement`; the stream goes on when
 * the body ends. A body of another type is a `Hello` and nothing else, and acknowledgements are POSTed.
 */
export const tablesPath = '/v1/tables/watch';
export const jsonLinesType = 'application/x-ndjson';
/** POST, body `Acknowledgement`: answers 204. For whoever cannot keep a request open, such as curl. */
export const acknowledgementsPath = '/v1/tables/acknowledgements';
/** Response field of the stream with its id, which POSTed acknowledgements name. */
export const streamIdField = 'farpoint-stream';

/** The audience of the tokens that proxies present, unless the operator is told another. */
export const defaultTokenAudience = 'farpoint-operator';

/** What a proxy says first. */
export interface Hello {
  /** Revision of the table that it holds; `''` when it holds none. */
  readonly revision: string;
  /** Revision of each endpoint that it holds. */
  readonly revisionsByName: Readonly<Record<string, string>>;
  /** The proxy's version, for people. */
  readonly version: string;
}

/** Whether the proxy uses a table, sent once for each SYNCED. */
export interface Acknowledgement {
  readonly stream: string;
  /** Of the SYNCED that is answered. */
  readonly revision: string;
  /** `refused`: the proxy cannot use the table and keeps the one before. */
  readonly state: 'applied' | 'refused';
  /** Why it is refused, or which endpoints of an applied table this proxy cannot call. */
  readonly reasons: readonly { readonly endpoint: string; readonly message: string }[];
}

/** An Acknowledgement on the request of its stream, which says already whose it is. */
export type StreamAcknowledgement = Omit<Acknowledgement, 'stream'>;

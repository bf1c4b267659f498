/**
 * The vocabulary of the push channel: one long response of JSON lines per proxy, and small POSTs back. A table goes over
 * it as the difference to what the proxy says it holds.
 */

/** POST, body `Hello`: answers 200 with a stream of `PushMessage` lines (application/x-ndjson) until one side ends it. */
export const tablesPath = '/v1/tables/watch';
/** POST, body `Acknowledgement`: answers 204. */
export const acknowledgementsPath = '/v1/tables/acknowledgements';
/** Response field of the stream with its id, which acknowledgements name. */
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

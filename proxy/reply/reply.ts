/** An answer that the proxy makes itself, whole and small. */
export interface Reply {
  readonly status: number;
  /** Names and values in turn, beside Content-Type and Content-Length. */
  readonly headers: readonly string[];
  /** `''`: no body. */
  readonly contentType: string;
  readonly body: string;
}

/** A status alone. */
export function emptyReply(status: number): Reply {
  return { status, headers: [], contentType: '', body: '' };
}

/** A JSON document. */
export function jsonReply(status: number, body: string): Reply {
  return { status, headers: [], contentType: 'application/json', body };
}

/** The flat header list of a reply. */
export function replyHeaders(reply: Reply): string[] {
  const contentType = reply.contentType === '' ? [] : ['Content-Type', reply.contentType];
  const length = reply.status === 204 ? [] : ['Content-Length', String(Buffer.byteLength(reply.body))];
  return [...contentType, ...length, ...reply.headers];
}

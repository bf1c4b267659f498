/** The raw request target of an HTTP request, cut at the first `?`. */
export interface RequestUrl {
  /** As sent, still percent-encoded. */
  readonly path: string;
  /** With its leading `?`, `''` when there is none: a bare `?` is kept. */
  readonly search: string;
}

/** Cuts `/a%2Fb?x=1` into path and search. The absolute form (`http://proxy/a`, RFC 9112 §3.2.2) loses its origin. */
export function splitRequestUrl(url: string): RequestUrl {
  const originForm = url.startsWith('/') ? url : url.replace(/^https?:\/\/[^/?]*/i, '');
  const mark = originForm.indexOf('?');
  const path = mark === -1 ? originForm : originForm.slice(0, mark);
  return { path: path === '' ? '/' : path, search: mark === -1 ? '' : originForm.slice(mark) };
}

/** What a request is counted by: the parts of a key template, filled in. Pure. */
import { hash } from 'node:crypto';
import type { KeyPart } from '#shared/middleware/key-template.ts';
import { calledPaths } from '../called-paths.ts';
import type { MiddlewareContext, MiddlewareRequest } from '../middleware.ts';
import { plainPath } from '../path-forms.ts';

/** Of the proxy. */
export type Self = Pick<MiddlewareContext, 'appId' | 'namespace'>;

/** A longer key is kept as its digest: callers choose what stands in it. */
const maxKeyLength = 128;

/** One text for equal requests. Parts that a caller chooses cannot run into each other. */
export function requestKey(parts: readonly KeyPart[], request: MiddlewareRequest, self: Self): string {
  const [only] = parts;
  if (only === undefined) return '';
  let key = valueOf(only, request, self);
  for (const part of parts.slice(1)) key += `\n${valueOf(part, request, self)}`;
  // No value that a caller chooses holds a line end, so that no short key is the digest of a long one.
  return key.length > maxKeyLength ? `\n${hash('sha256', key, 'base64')}` : key;
}

function valueOf(part: KeyPart, request: MiddlewareRequest, self: Self): string {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'remoteAddress':
      return request.remoteAddress;
    case 'appId':
      return self.appId;
    case 'endpoint':
      return request.target === null ? '' : request.target.label;
    case 'method':
      return request.method;
    case 'path':
      return pathOf(request, self);
    case 'header':
      return request.headerValues(part.name).join(', ');
  }
}

/** One text for all spellings: another one is not another bucket. */
function pathOf(request: MiddlewareRequest, { namespace }: Self): string {
  try {
    return plainPath(calledPaths(request, namespace)[0] ?? request.path);
  } catch {
    // It is not sent on.
    return request.path;
  }
}

/** What a policy sees of a request (spec/policy.md §4): one way to write a call, so that no other goes round a rule by path. */
import { checkPath } from '../../target/check-path.ts';
import { calledPaths } from '../called-paths.ts';
import type { MiddlewareRequest } from '../middleware.ts';
import { withPlainSlashes } from '../path-forms.ts';

/** `input` of a decision; field names are the policies'. */
export interface OpaInput {
  readonly request: {
    readonly method: string;
    readonly path: string;
    readonly path_parts: readonly string[];
    readonly raw_query: string;
    readonly query: Readonly<Record<string, readonly string[]>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly scheme: string;
    /** `''` where the policy does not see it. */
    readonly body: string;
  };
}

export interface OpaView {
  /** In lower case; only those that are there go in, as `X-My-Header`. */
  readonly includedHeaders: readonly string[];
  /** Of this proxy. */
  readonly namespace: string;
  readonly body: string;
}

/** Throws ProxyError `bad-request` for a path that is not sent on. */
export function opaInput(request: MiddlewareRequest, { includedHeaders, namespace, body }: OpaView): OpaInput {
  const called = calledPaths(request, namespace)[0] ?? request.path;
  const path = withPlainSlashes(decoded(checkPath(called)));
  return {
    request: {
      method: request.method,
      path,
      path_parts: path.replace(/^\/+|\/+$/g, '').split('/'),
      raw_query: request.search.slice(1),
      query: queryOf(request.search),
      headers: headersOf(request, includedHeaders),
      scheme: request.scheme,
      body,
    },
  };
}

/** What is no escape stays as it is, and what is no UTF-8 becomes U+FFFD. */
function decoded(path: string): string {
  const bytes = path.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function queryOf(search: string): Record<string, readonly string[]> {
  const parameters = new URLSearchParams(search);
  // From entries, since an assignment would take `__proto__` for something else.
  return Object.fromEntries([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]));
}

function headersOf(request: MiddlewareRequest, names: readonly string[]): Record<string, string> {
  const entries: (readonly [string, string])[] = [];
  for (const name of names) {
    const values = request.headerValues(name);
    if (values.length > 0) entries.push([canonical(name), Buffer.from(values.join(', '), 'latin1').toString('utf8')]);
  }
  return Object.fromEntries(entries);
}

/** As Go writes names of fields. */
function canonical(name: string): string {
  return name.replace(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

/** A document of kind HTTPEndpoint, checked against the schema in crds/ and turned into our type. Pure. */
import type { Problem, Subject } from '../errors/problem.ts';
import { validateHttpEndpoint } from './generated/validate-http-endpoint.js';
import type { HttpEndpoint, ValueSource } from './http-endpoint.ts';
import { identityOf, type Manifest } from './manifest.ts';
import { recordFrom, stringsFrom, withoutNulls, type UnknownRecord } from './read-field.ts';
import { schemaMistakeSentence } from './schema-mistake.ts';
import { valueSourceFrom } from './value-source-from.ts';

/** A resource that has a name but breaks the schema: it is refused by name rather than unknown. */
export interface InvalidEndpoint {
  readonly subject: Subject;
  readonly namespace: string;
  readonly scopes: readonly string[];
  readonly message: string;
}

export type ParsedEndpoint =
  | { readonly state: 'valid'; readonly endpoint: HttpEndpoint }
  | { readonly state: 'invalid'; readonly endpoint: InvalidEndpoint }
  | { readonly state: 'nameless'; readonly problem: Problem };

/** Unknown fields are ignored and defaults filled in, as an API server does (spec/httpendpoint.md §1). */
export function parseHttpEndpoint(manifest: Manifest): ParsedEndpoint {
  const { subject, problem } = identityOf(manifest);
  if (subject === null) return { state: 'nameless', problem };
  const document = withoutNulls(manifest.document);
  if (!validateHttpEndpoint(document)) {
    const { namespace } = subject;
    const scopes = stringsFrom(manifest.document['scopes']);
    const message = schemaMistakeSentence(validateHttpEndpoint.errors ?? []);
    return { state: 'invalid', endpoint: { subject, namespace, scopes, message } };
  }
  return { state: 'valid', endpoint: endpointFrom(document as ValidDocument, subject) };
}

/** What the schema has made sure of. */
interface ValidDocument {
  readonly auth?: { readonly secretStore: string };
  readonly scopes?: readonly string[];
  readonly spec?: {
    readonly baseUrl: string;
    readonly headers?: readonly (UnknownRecord & { readonly name: string })[];
    readonly clientTLS?: UnknownRecord & { readonly renegotiation: 'Never' | 'OnceAsClient' | 'FreelyAsClient' };
  };
}

function endpointFrom({ auth, scopes, spec }: ValidDocument, subject: Subject): HttpEndpoint {
  const tls = spec?.clientTLS;
  return {
    subject,
    name: subject.name,
    namespace: subject.namespace,
    baseUrl: spec?.baseUrl ?? '',
    headers: (spec?.headers ?? []).map((header) => ({ name: header.name, source: valueSourceFrom(header) })),
    clientTls:
      tls === undefined
        ? null
        : {
            rootCa: tlsDocumentFrom(tls['rootCA']),
            certificate: tlsDocumentFrom(tls['certificate']),
            privateKey: tlsDocumentFrom(tls['privateKey']),
            renegotiation: tls.renegotiation,
          },
    secretStore: auth?.secretStore ?? '',
    scopes: scopes ?? [],
  };
}

function tlsDocumentFrom(value: unknown): ValueSource | null {
  const document = recordFrom(value);
  return document === null ? null : { ...valueSourceFrom(document), envRef: null };
}

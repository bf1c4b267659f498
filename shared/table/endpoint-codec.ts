/**
 * An endpoint as JSON and back, secrets included: for the wire between operator and proxy and for the proxy's cache in
 * memory-backed storage, and nowhere else. Byte strings (one character for each byte) come through as they are.
 */
import * as z from 'zod/mini';
import { mistakesOf } from './wire-mistakes.ts';
import type { ClientTls, Endpoint, ReadyEndpoint } from './endpoint-table.ts';
import { decodeSensitive, encodeSensitive, sensitiveSchema } from './sensitive-codec.ts';

const name = z.string().check(z.minLength(1), z.maxLength(253));
const revision = z.string().check(z.minLength(1), z.maxLength(128));
/** What HTTP lets stand in a field name (RFC 9110 §5.1). */
const fieldName = z.string().check(z.regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/));

const schema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('ready'),
    name,
    revision,
    baseUrl: z.object({
      origin: z.string().check(z.regex(/^https?:\/\/[^/?#@\s]+$/)),
      path: z.string(),
      query: z.string(),
      authorization: z.nullable(sensitiveSchema),
    }),
    headers: z.array(z.object({ name: fieldName, value: sensitiveSchema })),
    environmentHeaders: z.array(z.object({ name: fieldName, variable: z.string() })),
    tls: z.nullable(
      z.object({
        rootCa: z.nullable(sensitiveSchema),
        identity: z.nullable(z.object({ certificateChain: sensitiveSchema, privateKey: sensitiveSchema })),
      }),
    ),
  }),
  z.object({ state: z.literal('refused'), name, revision, reason: z.string(), message: z.string() }),
]);

type EncodedEndpoint = z.infer<typeof schema>;
type EncodedReady = Extract<EncodedEndpoint, { state: 'ready' }>;

/** A value for JSON.stringify. It reveals every secret: only for the wire and the memory-backed cache. */
export function encodeEndpoint(endpoint: Endpoint): unknown {
  if (endpoint.state === 'refused') {
    const { state, name: refusedName, revision: refusedRevision, reason, message } = endpoint;
    return { state, name: refusedName, revision: refusedRevision, reason, message } satisfies EncodedEndpoint;
  }
  const { baseUrl, headers, environmentHeaders, tls } = endpoint;
  return {
    state: 'ready',
    name: endpoint.name,
    revision: endpoint.revision,
    baseUrl: {
      origin: baseUrl.origin,
      path: baseUrl.path,
      query: baseUrl.query,
      authorization: baseUrl.authorization && encodeSensitive(baseUrl.authorization),
    },
    headers: headers.map((header) => ({ name: header.name, value: encodeSensitive(header.value) })),
    environmentHeaders: environmentHeaders.map((header) => ({ name: header.name, variable: header.variable })),
    tls: tls && {
      rootCa: tls.rootCa && encodeSensitive(tls.rootCa),
      identity: tls.identity && {
        certificateChain: encodeSensitive(tls.identity.certificateChain),
        privateKey: encodeSensitive(tls.identity.privateKey),
      },
    },
  } satisfies EncodedEndpoint;
}

/** Reads what `encodeEndpoint` made. Throws Error with a sentence that names fields and holds no values. */
export function decodeEndpoint(encoded: unknown): Endpoint {
  const result = z.safeParse(schema, encoded);
  if (!result.success) throw new Error(`an endpoint is not as it should be: ${mistakesOf(result.error.issues)}`);
  return result.data.state === 'refused' ? result.data : readyFrom(result.data);
}

function readyFrom({ baseUrl, headers, tls, ...rest }: EncodedReady): ReadyEndpoint {
  return {
    ...rest,
    baseUrl: { ...baseUrl, authorization: baseUrl.authorization && decodeSensitive(baseUrl.authorization) },
    headers: headers.map((header) => ({ name: header.name, value: decodeSensitive(header.value) })),
    tls: tls && tlsFrom(tls),
  };
}

function tlsFrom({ rootCa, identity }: NonNullable<EncodedReady['tls']>): ClientTls {
  return {
    rootCa: rootCa && decodeSensitive(rootCa),
    identity: identity && {
      certificateChain: decodeSensitive(identity.certificateChain),
      privateKey: decodeSensitive(identity.privateKey),
    },
  };
}

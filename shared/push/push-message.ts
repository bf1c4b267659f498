/**
 * The lines of a push stream, of its request and the bodies of POSTs, read from what came over the wire. What is unknown is
 * ignored, so that an older proxy can read a newer operator and the other way round. Mistakes name fields, never values.
 */
import * as z from 'zod/mini';
import type { TableOptions } from '../table/endpoint-table.ts';
import type { Acknowledgement, Hello, StreamAcknowledgement } from './push-channel.ts';
import { decodeOptions, encodedOptions } from '../table/options-codec.ts';
import { mistakesOf } from '../table/wire-mistakes.ts';

export type PushMessage =
  /** Takes effect at the next SYNCED; `decodeEndpoint` reads it. */
  | { readonly type: 'UPSERT'; readonly endpoint: unknown }
  /** Takes effect at the next SYNCED. */
  | { readonly type: 'DELETE'; readonly name: string }
  /** The table is complete: all that came since the last SYNCED becomes true at once. */
  | { readonly type: 'SYNCED'; readonly revision: string; readonly options: TableOptions }
  | { readonly type: 'PING' }
  /** The stream will end: open another after this time, and keep this one until it ends. */
  | { readonly type: 'DRAIN'; readonly reconnectAfterMs: number }
  /** Of a later version of the channel. To be ignored. */
  | { readonly type: 'UNKNOWN' };

/** Characters in one line, its end not counted. Above what the largest endpoint that compile lets through can take. */
export const maxMessageLength = 16 * 1024 * 1024;
/** Endpoints in a Hello; a proxy that holds more says that it holds none. */
export const maxHeldEndpoints = 50_000;
/** In an Acknowledgement. */
export const maxReasons = 1_000;
/** Characters in one reason of an Acknowledgement. */
export const maxReasonLength = 2_048;
/** Bytes of an Acknowledgement on the request of its stream, the end of the line not counted. */
export const maxAcknowledgementBytes = 64 * 1024;

/** A digest as text, `''` for none. */
const revision = z.string().check(z.maxLength(128));
/** Kubernetes allows 253. */
const endpointName = z.string().check(z.minLength(1), z.maxLength(253));
const messageSchemas = {
  UPSERT: z.object({ type: z.literal('UPSERT'), endpoint: z.unknown() }),
  DELETE: z.object({ type: z.literal('DELETE'), name: endpointName }),
  SYNCED: z.object({ type: z.literal('SYNCED'), revision: revision.check(z.minLength(1)), options: encodedOptions }),
  PING: z.object({ type: z.literal('PING') }),
  DRAIN: z.object({ type: z.literal('DRAIN'), reconnectAfterMs: z.number().check(z.minimum(0), z.maximum(3_600_000)) }),
} as const satisfies Record<Exclude<PushMessage['type'], 'UNKNOWN'>, z.ZodMiniType>;

/** What the operator accepts as a Hello. */
export const helloSchema: z.ZodMiniType<Hello> = z.object({
  revision,
  revisionsByName: z
    .record(z.string().check(z.maxLength(253)), revision)
    .check(z.refine((revisions) => Object.keys(revisions).length <= maxHeldEndpoints)),
  version: z.string().check(z.maxLength(256)),
});

const streamAcknowledgementFields = {
  revision: revision.check(z.minLength(1)),
  state: z.enum(['applied', 'refused']),
  reasons: z
    .array(
      z.object({
        endpoint: z.string().check(z.maxLength(253)),
        message: z.string().check(z.maxLength(maxReasonLength)),
      }),
    )
    .check(z.maxLength(maxReasons)),
};

/** What the operator accepts as an Acknowledgement on the request of its stream. */
export const streamAcknowledgementSchema: z.ZodMiniType<StreamAcknowledgement> = z.object(streamAcknowledgementFields);

/** What the operator accepts as an Acknowledgement. */
export const acknowledgementSchema: z.ZodMiniType<Acknowledgement> = z.object({
  stream: z.string().check(z.minLength(1), z.maxLength(128)),
  ...streamAcknowledgementFields,
});

/** Reads one line of a stream. Throws Error with a sentence that names fields and holds no values. */
export function parsePushMessage(line: string): PushMessage {
  if (line.length > maxMessageLength) throw new Error(`a message is longer than ${maxMessageLength} characters`);
  const message = jsonFrom(line);
  const type = typeof message === 'object' && message !== null && 'type' in message ? message.type : null;
  if (typeof type !== 'string') throw new Error('a message has no type');
  if (!isKnown(type)) return { type: 'UNKNOWN' };
  const result = z.safeParse(messageSchemas[type], message);
  if (!result.success) throw new Error(`a message ${type} is not as it should be: ${mistakesOf(result.error.issues)}`);
  const { data } = result;
  return data.type === 'SYNCED' ? { ...data, options: decodeOptions(data.options) } : data;
}

function isKnown(type: string): type is keyof typeof messageSchemas {
  return Object.hasOwn(messageSchemas, type);
}

function jsonFrom(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // Its message quotes the line, which may hold a secret.
    throw new Error('a message is not JSON');
  }
}

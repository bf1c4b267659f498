/** An answer in plain text, as Dapr's middleware gives it. */
import type { Reply } from '../reply/reply.ts';

/** `headers`: names and values in turn. */
export function textReply(status: number, body: string, headers: readonly string[] = []): Reply {
  return { status, headers, contentType: 'text/plain; charset=utf-8', body };
}

/** DAPR_API_TOKEN: who may use the API at all. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Sensitive } from '#shared/table/sensitive.ts';

/** Whether the `dapr-api-token` of a request is the demanded one. Takes the same time whatever it holds. */
export type TokenCheck = (presented: string | undefined) => boolean;

/** Without a demanded token everybody passes. */
export function createTokenCheck(demanded: Sensitive | null): TokenCheck {
  if (demanded === null) return () => true;
  const expected = digest(demanded.reveal());
  return (presented) => timingSafeEqual(digest(presented ?? ''), expected) && presented !== undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** What replicas of the operator tell each other about the proxies that are connected to them. */
import * as z from 'zod/mini';
import { acknowledgementSchema } from '#shared/push/push-message.ts';
import type { PodAcknowledgement } from './stray-acknowledgements.ts';

/** GET, query `after`: the cursor of the answer before, nothing at first. Answers `PeerCountsMessage`. */
export const peerCountsPath = '/v1/peers/counts';

export interface PeerCountsMessage {
  /** To be sent back as `after`. Opaque. */
  readonly cursor: string;
  /** All that there is: an endpoint that is not in `counts` has no proxy there. False: what changed since the cursor. */
  readonly isComplete: boolean;
  /** By `namespace/name`: entitled, programmed. */
  readonly counts: Readonly<Record<string, readonly [number, number]>>;
  /** Acknowledgements for streams that the answering replica does not have, since the cursor. */
  readonly acknowledgements: readonly PodAcknowledgement[];
}

const count = z.number().check(z.int(), z.minimum(0));

/** Reads an answer from another replica. */
export const peerCountsSchema: z.ZodMiniType<PeerCountsMessage> = z.object({
  cursor: z.string().check(z.maxLength(128)),
  isComplete: z.boolean(),
  counts: z.record(z.string().check(z.maxLength(512)), z.tuple([count, count])),
  acknowledgements: z.array(
    z.object({ podUid: z.string().check(z.maxLength(128)), acknowledgement: acknowledgementSchema }),
  ),
});

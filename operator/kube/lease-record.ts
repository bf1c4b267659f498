/** Leases, to and from what an election needs of them. Pure. */
import * as z from 'zod/mini';
import type { NewObject } from './kube-client.ts';
import type { KubeObject } from './kube-object.ts';

export interface LeaseRecord {
  /** `''`: nobody, the last one has given it up. */
  readonly holder: string;
  readonly durationMs: number;
  /** As the holder wrote them; compared, never subtracted from a time of ours. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
}

const specSchema = z.object({
  holderIdentity: z.optional(z.nullable(z.string())),
  leaseDurationSeconds: z.optional(z.nullable(z.number())),
  acquireTime: z.optional(z.nullable(z.string())),
  renewTime: z.optional(z.nullable(z.string())),
  leaseTransitions: z.optional(z.nullable(z.number())),
});

/** A Lease that somebody has emptied or spoilt counts as held by nobody. */
export function leaseRecordFrom({ spec }: KubeObject): LeaseRecord {
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } =
    specSchema.safeParse(spec ?? {}).data ?? {};
  return {
    holder: holderIdentity ?? '',
    durationMs: Math.max(1, leaseDurationSeconds ?? 1) * 1000,
    acquireTime: acquireTime ?? '',
    renewTime: renewTime ?? '',
    transitions: leaseTransitions ?? 0,
  };
}

/** The `spec` of a Lease. */
export function leaseSpecFrom(record: LeaseRecord): NewObject['spec'] {
  return {
    holderIdentity: record.holder,
    leaseDurationSeconds: Math.max(1, Math.ceil(record.durationMs / 1000)),
    acquireTime: record.acquireTime,
    renewTime: record.renewTime,
    leaseTransitions: record.transitions,
  };
}

/** A moment as Leases write it: with microseconds, always six digits. */
export function microTimeFrom(epochMs: number): string {
  return new Date(epochMs).toISOString().replace('Z', '000Z');
}

/**
 * Decides and makes the next step of a rotation. A successor is in the bundle for the overlap before it signs, and the one
 * before stays in it until everything that it signed has expired, so that a client with yesterday's bundle always connects.
 */
import { randomBytes, X509Certificate } from 'node:crypto';
import { backdatedMs, type AuthorityLifetimes } from './authority-lifetimes.ts';
import type { AuthorityState, SigningAuthority } from './authority-state.ts';
import { createAuthority, crossSign } from './issue-certificates.ts';

export type RotationStep =
  | 'none'
  /** The successor enters the bundle. */
  | 'introduce'
  /** The successor signs. */
  | 'switch'
  /** What has expired or signs no longer leaves the bundle. */
  | 'retire'
  /** The signer has expired and there is no successor: no overlap is possible. */
  | 'start-over';

export interface RotationContext {
  readonly lifetimes: AuthorityLifetimes;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
}

/** Makes the first authority of a cluster. */
export async function createAuthorityState(context: RotationContext): Promise<AuthorityState> {
  return {
    signer: await createSigner(context),
    signingSinceMs: context.nowMs,
    crossPem: null,
    next: null,
    previousPems: [],
    foreignPems: [],
    fingerprintKey: randomBytes(32).toString('base64'),
  };
}

/** What is due now. Pure. */
export function rotationStep(state: AuthorityState, { lifetimes, nowMs }: RotationContext): RotationStep {
  const leftMs = notAfterMs(state.signer.certificatePem) - nowMs;
  if (state.next !== null) {
    const isNextGood = notAfterMs(state.next.certificatePem) > nowMs;
    if (isNextGood && (leftMs <= 0 || nowMs >= state.next.sinceMs + lifetimes.overlapMs)) return 'switch';
    if (leftMs <= 0) return 'start-over';
  } else if (leftMs <= 0) {
    return 'start-over';
  } else if (leftMs <= lifetimes.rotateBeforeMs) {
    return 'introduce';
  }
  return isSame(retire(state, { lifetimes, nowMs }), state) ? 'none' : 'retire';
}

/** Takes a step; whatever is over leaves along the way. */
export async function afterStep(
  state: AuthorityState,
  step: Exclude<RotationStep, 'none'>,
  context: RotationContext,
): Promise<AuthorityState> {
  const { nowMs } = context;
  const kept = retire(state, context);
  switch (step) {
    case 'retire':
      return kept;
    case 'introduce':
      return { ...kept, next: { ...(await createSigner(context)), sinceMs: nowMs } };
    case 'switch': {
      if (kept.next === null) return kept;
      const { sinceMs: _sinceMs, ...signer } = kept.next;
      const isFormerGood = notAfterMs(kept.signer.certificatePem) > nowMs;
      return {
        ...kept,
        signer,
        signingSinceMs: nowMs,
        crossPem: isFormerGood ? await crossSign(kept.signer, signer) : null,
        next: null,
        previousPems: isFormerGood ? [kept.signer.certificatePem, ...kept.previousPems] : kept.previousPems,
      };
    }
    case 'start-over':
      return { ...kept, signer: await createSigner(context), signingSinceMs: nowMs, crossPem: null, next: null };
  }
}

/** When a certificate ends, in milliseconds since 1970. */
export function notAfterMs(certificatePem: string): number {
  return new X509Certificate(certificatePem).validToDate.getTime();
}

/** A replica that could not read the Secret presents what the one before signed for one lifetime of it, not longer. */
function retire(state: AuthorityState, { lifetimes, nowMs }: RotationContext): AuthorityState {
  const { signingSinceMs, crossPem } = state;
  const clockDifferenceMs = Math.min(backdatedMs, lifetimes.servingMs);
  const isOver = signingSinceMs !== null && nowMs >= signingSinceMs + lifetimes.servingMs + clockDifferenceMs;
  const isGood = (pem: string): boolean => notAfterMs(pem) > nowMs;
  return {
    ...state,
    previousPems: isOver ? [] : state.previousPems.filter(isGood),
    foreignPems: state.foreignPems.filter(isGood),
    crossPem: crossPem !== null && isGood(crossPem) ? crossPem : null,
  };
}

function isSame(a: AuthorityState, b: AuthorityState): boolean {
  return (
    a.previousPems.length === b.previousPems.length &&
    a.foreignPems.length === b.foreignPems.length &&
    a.crossPem === b.crossPem
  );
}

async function createSigner({ lifetimes, nowMs }: RotationContext): Promise<SigningAuthority> {
  return createAuthority({ notBeforeMs: nowMs - backdatedMs, notAfterMs: nowMs + lifetimes.authorityMs });
}

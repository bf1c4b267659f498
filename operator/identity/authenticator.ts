/**
 * Says which Pod's proxy presents a token: the API server vouches for the token, and everything else is read from the Pod, so
 * that a proxy cannot claim another's app id. Cheap refusals come first, so that garbage costs the API server nothing.
 */
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { IdentityWatch } from './identity-watch.ts';
import type { PodDirectory } from './pod-directory.ts';
import { appIdMistake, podFactsFrom } from './pod-facts.ts';
import { PodLookup, type PodLookupResult } from './pod-lookup.ts';
import type { Authenticate, AuthenticationResult } from './proxy-identity.ts';
import { isTerminated } from './termination.ts';
import { TokenBucket } from './token-bucket.ts';
import { claimsFrom, type TokenClaims } from './token-claims.ts';
import { TokenReviews } from './token-reviews.ts';

export interface AuthenticatorOptions {
  readonly client: KubeClient;
  readonly pods: PodDirectory;
  readonly identityWatch: IdentityWatch;
  /** What tokens must be for. */
  readonly audience: string;
  /** Of the annotations app-id and config, without a slash; a later one beats an earlier one. */
  readonly annotationPrefixes: readonly string[];
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  /** The operator's own ServiceAccount: its replicas present tokens of it to each other. */
  readonly serviceAccount: { readonly namespace: string; readonly name: string };
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends questions to the API server that are under way. */
  readonly signal: AbortSignal;
}

/** What `isPeer` found out. */
export type PeerResult = 'peer' | 'stranger' | 'unavailable';

export interface Authenticator {
  /** Who is this proxy? */
  readonly authenticate: Authenticate;
  /** Is this the operator itself, another replica? Never throws. */
  peerResult(bearerToken: string): Promise<PeerResult>;
}

/** An identity that no watch guards yet holds so long, then its proxy authenticates again. */
const unwatchedMs = 60_000;

/** Makes the operator's authenticator. Stop it by the signal. */
export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { pods, identityWatch, audience, clock, signal } = options;
  const reviews = new TokenReviews(options);
  const lookup = new PodLookup(options);
  // Three shares, so that a flood of tokens for Pods that nobody knows leaves room for the Pods that are known.
  const buckets = {
    known: new TokenBucket({ clock, perSecond: 500, burst: 1000 }),
    unknown: new TokenBucket({ clock, perSecond: 20, burst: 100 }),
    peers: new TokenBucket({ clock, perSecond: 10, burst: 20 }),
  };
  signal.addEventListener(
    'abort',
    identityWatch.onEnded((podUid) => reviews.forget(podUid)),
    { once: true },
  );

  async function authenticate(token: string): Promise<AuthenticationResult> {
    const claims = claimsFrom(token);
    const mistake = claimsMistake(claims, { audience, nowMs: clock.epochMs() });
    if (claims === null || mistake !== null) return unauthenticated(mistake ?? 'the token cannot be read');
    const { expiresAtMs } = claims;
    const bucket = isKnown(claims, pods) ? buckets.known : buckets.unknown;
    const outcome = await reviews.review({ token, expiresAtMs, bucket });
    if (outcome.state === 'unavailable') return outcome;
    if (outcome.state === 'rejected') return unauthenticated('the API server does not accept the token');
    const namespace = /^system:serviceaccount:([^:]+):[^:]+$/.exec(outcome.username)?.[1];
    if (namespace === undefined) return forbidden('the token is not of a ServiceAccount');
    if (outcome.pod === null) return forbidden('the token is not bound to a Pod; use a projected volume');
    if (options.watchNamespaces.length > 0 && !options.watchNamespaces.includes(namespace)) {
      return forbidden(`this operator does not watch namespace ${JSON.stringify(namespace)}`);
    }
    const found = await lookup.find({ namespace, ...outcome.pod });
    return identityFrom(found, { namespace, expiresAtMs });
  }

  function identityFrom(
    found: PodLookupResult,
    { namespace, expiresAtMs }: { readonly namespace: string; readonly expiresAtMs: number },
  ): AuthenticationResult {
    if (found.state === 'unavailable') return found;
    if (found.state === 'gone' || isTerminated(found.pod, clock.epochMs())) {
      return unauthenticated('the Pod of the token is gone');
    }
    const { name: podName, uid: podUid } = found.pod.metadata;
    const { hasProxy, appId, configuration } = podFactsFrom(found.pod, options.annotationPrefixes);
    if (!hasProxy) return forbidden('the Pod of the token is not labelled dapr.io/sidecar-injected=true');
    const mistake = appIdMistake(appId);
    if (mistake !== null) return forbidden(mistake);
    return {
      state: 'accepted',
      identity: {
        namespace,
        podName,
        podUid,
        appId,
        configuration,
        expiresAtMs: found.isWatched ? expiresAtMs : Math.min(expiresAtMs, clock.epochMs() + unwatchedMs),
      },
    };
  }

  async function peerResult(token: string): Promise<PeerResult> {
    const { namespace, name } = options.serviceAccount;
    const username = `system:serviceaccount:${namespace}:${name}`;
    const claims = claimsFrom(token);
    const mistake = claimsMistake(claims, { audience, nowMs: clock.epochMs() });
    if (claims === null || mistake !== null || claims.subject !== username) return 'stranger';
    const { expiresAtMs } = claims;
    const outcome = await reviews.review({ token, expiresAtMs, bucket: buckets.peers });
    if (outcome.state === 'unavailable') return 'unavailable';
    return outcome.state === 'authenticated' && outcome.username === username ? 'peer' : 'stranger';
  }

  return { authenticate, peerResult };
}

/** What rules a token out by its own words; null: nothing. */
function claimsMistake(
  claims: TokenClaims | null,
  { audience, nowMs }: { readonly audience: string; readonly nowMs: number },
): string | null {
  if (claims === null) return 'the token is not one of a ServiceAccount';
  if (!claims.audiences.includes(audience)) return `the token is not for the audience ${JSON.stringify(audience)}`;
  return claims.expiresAtMs <= nowMs ? 'the token has expired' : null;
}

/** A uid is not public, so a forger cannot easily name a Pod that is known. */
function isKnown({ pod }: TokenClaims, pods: PodDirectory): boolean {
  return pod !== null && pods.pod(pod.namespace, pod.name)?.metadata.uid === pod.uid;
}

function unauthenticated(message: string): AuthenticationResult {
  return { state: 'unauthenticated', message };
}

function forbidden(message: string): AuthenticationResult {
  return { state: 'forbidden', message };
}

/** An authenticator in front of an API server that vouches for every token, unless a test says otherwise. */
import {
  createAuthenticator,
  type Authenticator,
  type AuthenticatorOptions,
} from '../../operator/identity/authenticator.ts';
import { PodIdentityWatch } from '../../operator/identity/pod-identity-watch.ts';
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import { PodStore } from '../../operator/source/pod-store.ts';
import { FakeKubeClient, type TokenReviewSpec } from './fake-kube-client.ts';
import { fakeToken, type FakeTokenOptions } from './fake-token.ts';
import { kubeObject, type ObjectOptions } from './kube-objects.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

const injected = { 'dapr.io/sidecar-injected': 'true' };
/** How long tokens are good. */
export const hourMs = 3_600_000;

export interface AuthenticatorBench {
  readonly clock: ManualClock;
  readonly client: FakeKubeClient;
  readonly pods: PodStore;
  readonly lines: LogLine[];
  readonly authenticator: Authenticator;
  /** A token of the Pod `shop/orders-0` that is good for an hour. */
  readonly token: (options?: Partial<FakeTokenOptions>) => string;
  /** How many questions the API server was asked. */
  readonly reviews: () => number;
}

/** Makes one. */
export function authenticatorBench(options: Partial<AuthenticatorOptions> = {}): AuthenticatorBench {
  const clock = new ManualClock();
  const client = new FakeKubeClient();
  const pods = new PodStore();
  const lines: LogLine[] = [];
  const { signal } = new AbortController();
  const annotationPrefixes = ['dapr.io', 'farpoint.dev'];
  const identityWatch = new PodIdentityWatch({ pods, annotationPrefixes, clock });
  identityWatch.run(signal);
  client.review = vouched;
  const authenticator = createAuthenticator({
    client,
    pods,
    identityWatch,
    audience: 'farpoint-operator',
    annotationPrefixes,
    watchNamespaces: [],
    serviceAccount: { namespace: 'farpoint-system', name: 'farpoint-operator' },
    clock,
    logger: memoryLogger(lines),
    signal,
    ...options,
  });
  return {
    clock,
    client,
    pods,
    lines,
    authenticator,
    token: (claims = {}) => fakeToken({ expiresAtMs: clock.epochMs() + hourMs, ...claims }),
    reviews: () => client.countOf('create', 'tokenreviews'),
  };
}

interface Claims {
  readonly sub: string;
  readonly 'kubernetes.io': { readonly pod?: { readonly name: string; readonly uid: string } };
}

/** The status of a TokenReview that believes every claim. */
export function vouched({ token, audiences }: TokenReviewSpec): unknown {
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Claims;
  const { pod } = claims['kubernetes.io'];
  const extra =
    pod === undefined
      ? {}
      : { 'authentication.kubernetes.io/pod-name': [pod.name], 'authentication.kubernetes.io/pod-uid': [pod.uid] };
  return { authenticated: true, audiences, user: { username: claims.sub, groups: [], extra } };
}

/** The Pod `shop/orders-0`, with a proxy. */
export function ordersPod(options: ObjectOptions & { readonly deletionTimestamp?: string } = {}): KubeObject {
  return kubeObject('orders-0', { namespace: 'shop', uid: 'uid-orders', labels: injected, ...options });
}

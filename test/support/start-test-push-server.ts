/** A real push server over hand-written tables, with tokens that the test hands out. */
import { onTestFinished } from 'vitest';
import { systemClock, type Clock } from '#shared/clock/clock.ts';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import type { PeerResult } from '../../operator/identity/authenticator.ts';
import type { ServingCertificate } from '../../operator/identity/certificate-source.ts';
import type { AuthenticationResult, ProxyIdentity } from '../../operator/identity/proxy-identity.ts';
import type { PushLimits } from '../../operator/push/push-limits.ts';
import type { PushMetrics } from '../../operator/push/push-metrics.ts';
import { startPushServer, type RunningPushServer } from '../../operator/push/start-push-server.ts';
import type { TableBoard } from '../../operator/tables/audience-table.ts';
import { FakeBoard } from './fake-board.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';
import type { PushTarget } from './push-reader.ts';

export interface TestPushServer extends PushTarget {
  readonly running: RunningPushServer;
  readonly board: FakeBoard;
  readonly lines: readonly LogLine[];
  /** Every call of PushMetrics, as `name argument`, with how often. */
  readonly counted: ReadonlyMap<string, number>;
  readonly authority: CertificateAuthority;
  /** What `authenticate` says of each token; a token that is not here is unauthenticated. */
  readonly resultsByToken: Map<string, AuthenticationResult>;
  isReady: boolean;
  /** Called when a token has been looked at. */
  onAuthenticated: () => void;
  endIdentity(podUid: string): void;
  present(certificate: ServingCertificate): void;
}

export interface TestPushServerOptions {
  /** Instead of the hand-written tables. */
  readonly board?: TableBoard;
  readonly clock?: Clock;
  readonly limits?: Partial<PushLimits>;
  readonly peerResult?: (token: string) => Promise<PeerResult>;
}

/** An identity in namespace `shop`; its pod's uid is made of namespace and app. */
export function identityOf(appId: string, more: Partial<ProxyIdentity> = {}): ProxyIdentity {
  const namespace = more.namespace ?? 'shop';
  return {
    namespace,
    podName: `${appId}-0`,
    podUid: `uid-${namespace}-${appId}`,
    appId,
    configuration: '',
    expiresAtMs: Number.MAX_SAFE_INTEGER,
    ...more,
  };
}

/** Starts one; tokens `token-<app>` are good for apps a to e in namespace `shop`. It ends with the test. */
export async function startTestPushServer(options: TestPushServerOptions = {}): Promise<TestPushServer> {
  const { clock = systemClock, limits = {}, peerResult = () => Promise.resolve('stranger') } = options;
  const authority = await CertificateAuthority.create('push test');
  const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: ['localhost', '127.0.0.1', '::1'] });
  const board = new FakeBoard();
  const lines: LogLine[] = [];
  const counted = new Map<string, number>();
  const ended = new Set<(podUid: string) => void>();
  const changed = new Set<() => void>();
  let certificate: ServingCertificate = { certificateChainPem: chainPem, privateKeyPem };
  const accepted = ['a', 'b', 'c', 'd', 'e'].map(
    (app) => [`token-${app}`, { state: 'accepted', identity: identityOf(app) }] as const,
  );
  const resultsByToken = new Map<string, AuthenticationResult>(accepted);
  const state = { isReady: true, onAuthenticated: (): void => undefined };
  const running = await startPushServer({
    address: '127.0.0.1',
    port: 0,
    certificate: { current: () => certificate, onChanged: (listener) => subscribe(changed, listener) },
    board: options.board ?? board,
    isReady: () => state.isReady,
    authenticate: (token) => {
      state.onAuthenticated();
      return Promise.resolve(
        resultsByToken.get(token) ?? { state: 'unauthenticated', message: 'the token is not accepted' },
      );
    },
    identityWatch: { onEnded: (listener) => subscribe(ended, listener) },
    peerResult,
    clock,
    logger: memoryLogger(lines),
    metrics: countingMetrics(counted),
    limits,
  });
  onTestFinished(() => running.drain(0));
  return Object.assign(state, {
    port: running.port,
    caPem: authority.certificatePem,
    running,
    board,
    lines,
    counted,
    authority,
    resultsByToken,
    endIdentity: (podUid: string) => {
      for (const listener of ended) listener(podUid);
    },
    present: (next: ServingCertificate) => {
      certificate = next;
      for (const listener of changed) listener();
    },
  });
}

function subscribe<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

function countingMetrics(counted: Map<string, number>): PushMetrics {
  const count = (key: string, by = 1): void => void counted.set(key, (counted.get(key) ?? 0) + by);
  return {
    streamOpened: () => count('streamOpened'),
    streamEnded: (reason) => count(`streamEnded ${reason}`),
    bytesSent: (bytes) => count('bytesSent', bytes),
    tableSent: (changes) => count(`tableSent ${changes}`),
    acknowledged: (outcome) => count(`acknowledged ${outcome}`),
    requestRefused: (code) => count(`requestRefused ${code}`),
    connectionRefused: (reason) => count(`connectionRefused ${reason}`),
  };
}

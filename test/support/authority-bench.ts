/** A ControlPlaneAuthority over a Secret in memory, under a clock that a test moves. */
import { setImmediate as turn } from 'node:timers/promises';
import { defaultLifetimes, type AuthorityLifetimes } from '../../operator/identity/authority-lifetimes.ts';
import { ControlPlaneAuthority } from '../../operator/identity/control-plane-authority.ts';
import { fakeOwner, type FakeOwner } from './fake-owner.ts';
import { FakeKubeClient } from './fake-kube-client.ts';
import { defaultStartMs, ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

/** Where the FakeKubeClient keeps it. */
export const secretPath = 'secrets/farpoint-system/farpoint-control-plane';

/**
 * So short that all phases of a rotation (after 130 s, 170 s and 250 s) are within the five minutes by which certificates are
 * backdated: OpenSSL knows the real time.
 */
export const shortLifetimes: AuthorityLifetimes = {
  authorityMs: 600_000,
  rotateBeforeMs: 470_000,
  overlapMs: 40_000,
  servingMs: 40_000,
};

export interface AuthorityBench {
  readonly clock: ManualClock;
  readonly client: FakeKubeClient;
  readonly lines: LogLine[];
  readonly dayMs: number;
  /** Of the Secret: nobody at first. */
  readonly owner: FakeOwner;
  /** What each replica believes. */
  isLeader: boolean;
  /** Starts another replica. */
  readonly open: () => Promise<ControlPlaneAuthority>;
  readonly refresh: (authority: ControlPlaneAuthority) => Promise<void>;
  /** The fields of the Secret, decoded. */
  readonly secret: () => Readonly<Record<string, string>>;
  /** Changes fields as somebody with kubectl does. */
  readonly edit: (fields: Readonly<Record<string, string>>) => void;
  /** Resolves when so many calls were made; time goes on. */
  readonly untilAsked: (calls: number) => Promise<void>;
  /** Lets time go on until it settles. */
  readonly advancing: <T>(promise: Promise<T>) => Promise<T>;
  /** Lets time go on until it holds. */
  readonly advancingUntil: (holds: () => boolean) => Promise<void>;
}

export interface AuthorityBenchOptions {
  readonly lifetimes?: AuthorityLifetimes;
  /** What the clock says at first, in milliseconds since 1970. */
  readonly startMs?: number;
}

/** Makes one, without a replica. */
export function authorityBench({
  lifetimes = defaultLifetimes,
  startMs = defaultStartMs,
}: AuthorityBenchOptions = {}): AuthorityBench {
  const clock = new ManualClock(startMs);
  const client = new FakeKubeClient();
  const lines: LogLine[] = [];
  const { signal } = new AbortController();
  const secret = (): Readonly<Record<string, string>> => {
    const encoded = (client.object(secretPath)?.['data'] ?? {}) as Readonly<Record<string, string>>;
    return Object.fromEntries(
      Object.entries(encoded).map(([name, base64]) => [name, Buffer.from(base64, 'base64').toString()]),
    );
  };
  const advancingUntil = async (holds: () => boolean): Promise<void> => {
    while (!holds()) {
      clock.advance(30_000);
      await turn();
    }
  };
  const bench: AuthorityBench = {
    clock,
    client,
    lines,
    dayMs: 24 * 3_600_000,
    owner: fakeOwner(),
    isLeader: true,
    open: () =>
      ControlPlaneAuthority.open(
        {
          client,
          namespace: 'farpoint-system',
          serverNames: ['farpoint-operator.farpoint-system.svc', '127.0.0.1'],
          isLeader: () => bench.isLeader,
          owner: bench.owner,
          clock,
          logger: memoryLogger(lines),
          lifetimes,
        },
        signal,
      ),
    refresh: (authority) => authority.refresh(signal),
    secret,
    edit(fields) {
      const present = client.object(secretPath);
      if (present === undefined) throw new Error('there is no Secret to edit');
      const data = Object.fromEntries(
        Object.entries({ ...secret(), ...fields }).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
      );
      client.put(secretPath, { ...present, data });
    },
    untilAsked: (calls) => advancingUntil(() => client.calls.length >= calls),
    async advancing(promise) {
      let isSettled = false;
      const settle = (): void => {
        isSettled = true;
      };
      promise.then(settle, settle);
      await advancingUntil(() => isSettled);
      return promise;
    },
    advancingUntil,
  };
  return bench;
}

/** Log lines as one text, errors in them included. */
export function readable(lines: readonly LogLine[]): string {
  return JSON.stringify(lines, (_key, value: unknown) =>
    value instanceof Error ? { message: value.message, stack: value.stack } : value,
  );
}

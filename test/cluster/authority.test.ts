/** The operator's own authority on a real API server, under the permissions that the operator declares. */
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { defaultLifetimes, type AuthorityLifetimes } from '../../operator/identity/authority-lifetimes.ts';
import { ControlPlaneAuthority } from '../../operator/identity/control-plane-authority.ts';
import { TrustBundles } from '../../operator/identity/trust-bundles.ts';
import type { KubeClient } from '../../operator/kube/kube-client.ts';
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import { noOwner } from '../../operator/ownership/object-owner.ts';
import { PodStore } from '../../operator/source/pod-store.ts';
import { shortLifetimes } from '../support/authority-bench.ts';
import { kubeObject } from '../support/kube-objects.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../support/memory-logger.ts';
import { reachedWith, servePresented } from '../support/serve-presented.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { operatorKube } from './support/identity-site.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';

const cluster = sharedControlPlane();
afterAll(() => cluster.close());

interface Site {
  readonly namespace: string;
  readonly kube: KubeClient;
  readonly clock: ManualClock;
  readonly lines: LogLine[];
  readonly signal: AbortSignal;
  /** Starts a replica. */
  readonly open: (isLeader: boolean) => Promise<ControlPlaneAuthority>;
}

async function site(lifetimes: AuthorityLifetimes = defaultLifetimes): Promise<Site> {
  const namespace = await cluster.createNamespace('farpoint');
  const kube = await operatorKube(cluster, namespace);
  const clock = new ManualClock(systemClock.epochMs());
  const lines: LogLine[] = [];
  const { signal } = new AbortController();
  const open = (isLeader: boolean): Promise<ControlPlaneAuthority> =>
    ControlPlaneAuthority.open(
      {
        client: kube,
        namespace,
        serverNames: [`farpoint-operator.farpoint-system.svc`],
        isLeader: () => isLeader,
        clock,
        logger: memoryLogger(lines),
        lifetimes,
      },
      signal,
    );
  return { namespace, kube, clock, lines, signal, open };
}

interface Stored {
  readonly metadata: { readonly resourceVersion: string };
  readonly data?: Readonly<Record<string, string>>;
}

const secretPath = (namespace: string): string => `/api/v1/namespaces/${namespace}/secrets/farpoint-control-plane`;
const bundlePath = (namespace: string): string => `/api/v1/namespaces/${namespace}/configmaps/farpoint-trust-bundle`;

async function read(path: string): Promise<Stored | null> {
  const { status, body } = await cluster.request<Stored>({ path });
  return status === 404 ? null : body;
}

async function bundleIn(namespace: string): Promise<string | undefined> {
  return (await read(bundlePath(namespace)))?.data?.['ca.crt'];
}

async function patch(path: string, body: unknown): Promise<void> {
  await cluster.mustRequest({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body });
}

describe('the Secret', () => {
  test('is created once by replicas that start at the same moment', async () => {
    const { open, namespace } = await site();
    const replicas = await Promise.all([open(false), open(false), open(false)]);
    const [first] = replicas;
    expect(new Set(replicas.map((replica) => replica.bundlePem())).size).toBe(1);
    expect(new Set(replicas.map((replica) => replica.fingerprintKey())).size).toBe(1);
    const stored = await read(secretPath(namespace));
    expect(Buffer.from(stored?.data?.['ca.crt'] ?? '', 'base64').toString()).toBe(first?.bundlePem());
    for (const replica of replicas) {
      const server = await servePresented(replica);
      for (const { bundlePem } of replicas.map((other) => ({ bundlePem: other.bundlePem() }))) {
        expect(await reachedWith(server, bundlePem)).toBe('connected');
      }
    }
  });

  test('that is deleted is restored by the leader, that is broken is left alone', async () => {
    const { open, namespace, signal, lines } = await site();
    const leader = await open(true);
    const before = await read(secretPath(namespace));
    await cluster.mustRequest({ method: 'DELETE', path: secretPath(namespace) });
    await leader.refresh(signal);
    expect((await read(secretPath(namespace)))?.data).toEqual(before?.data);
    await patch(secretPath(namespace), { stringData: { 'tls.key': 'lost' } });
    const broken = await read(secretPath(namespace));
    await leader.refresh(signal);
    expect(await read(secretPath(namespace))).toEqual(broken);
    expect(lines.filter(({ level }) => level === 'error')).toHaveLength(1);
    await expect(open(true)).rejects.toThrow('tls.key holds no private key that can be read');
  });
});

describe('a rotation', () => {
  test('goes through all its phases with clients of the bundle before and of the new one', async () => {
    const { open, clock, signal, namespace } = await site(shortLifetimes);
    const [leader, follower] = [await open(true), await open(false)];
    const servers = [await servePresented(leader), await servePresented(follower)];
    const bundles: string[] = [];
    const look = async (phase: string): Promise<void> => {
      await leader.refresh(signal);
      await follower.refresh(signal);
      expect(follower.bundlePem()).toBe(leader.bundlePem());
      bundles.push(follower.bundlePem());
      for (const server of servers) {
        for (const bundlePem of bundles.slice(-2))
          expect(await reachedWith(server, bundlePem), phase).toBe('connected');
      }
    };
    await look('steady');
    clock.advance(130_000);
    await look('introduced');
    clock.advance(40_000);
    await look('switched');
    clock.advance(80_000);
    await look('retired');
    expect(new Set(bundles).size).toBe(4);
    const { data = {} } = (await read(secretPath(namespace))) ?? {};
    expect(Object.keys(data)).not.toContain('next.key');
    expect(Object.keys(data)).not.toContain('previous.crt');
  });

  test('happens once when two replicas think that they lead', async () => {
    const { open, clock, signal, lines } = await site(shortLifetimes);
    const replicas = [await open(true), await open(true)];
    clock.advance(130_000);
    await Promise.all(replicas.map((replica) => replica.refresh(signal)));
    await Promise.all(replicas.map((replica) => replica.refresh(signal)));
    expect(new Set(replicas.map((replica) => replica.bundlePem())).size).toBe(1);
    expect(lines.filter(({ fields }) => 'step' in fields)).toHaveLength(1);
  });
});

describe('the trust bundle', () => {
  interface RunningBundles {
    readonly pods: PodStore;
    readonly foreign: KubeObject[];
  }

  function runBundles({ kube, clock, lines }: Site, authority: ControlPlaneAuthority): RunningBundles {
    const pods = new PodStore();
    const foreign: KubeObject[] = [];
    const controller = new AbortController();
    const running = new TrustBundles({
      client: kube,
      pods,
      authority,
      fieldManager: 'farpoint-operator',
      owner: noOwner,
      clock,
      logger: memoryLogger(lines),
      warn: ({ object }) => foreign.push(object),
    }).run(controller.signal);
    onTestFinished(async () => {
      controller.abort();
      await running;
    });
    return { pods, foreign };
  }

  test('comes with the first Pod of a namespace, follows a rotation, and is repaired', async () => {
    const place = await site(shortLifetimes);
    const authority = await place.open(true);
    const { pods } = runBundles(place, authority);
    const namespace = await cluster.createNamespace();
    pods.upsert(kubeObject('orders-0', { namespace }));
    await waitUntil(async () => (await bundleIn(namespace)) === authority.bundlePem());

    place.clock.advance(130_000);
    await authority.refresh(place.signal);
    await waitUntil(async () => (await bundleIn(namespace)) === authority.bundlePem());

    await patch(bundlePath(namespace), { data: { 'ca.crt': 'mine', note: 'kept' } });
    place.clock.advance(60_000);
    await waitUntil(async () => (await bundleIn(namespace)) === authority.bundlePem());
    expect((await read(bundlePath(namespace)))?.data).toHaveProperty('note', 'kept');

    await cluster.mustRequest({ method: 'DELETE', path: bundlePath(namespace) });
    place.clock.advance(60_000);
    await waitUntil(async () => (await bundleIn(namespace)) === authority.bundlePem());
  });

  test('leaves a ConfigMap of somebody else alone and says so', async () => {
    const place = await site();
    const { pods, foreign } = runBundles(place, await place.open(true));
    const namespace = await cluster.createNamespace();
    await cluster.mustRequest({
      path: `/api/v1/namespaces/${namespace}/configmaps`,
      body: { metadata: { name: 'farpoint-trust-bundle' }, data: { 'ca.crt': 'theirs' } },
    });
    pods.upsert(kubeObject('orders-0', { namespace }));
    await waitUntil(() => foreign.length > 0);
    expect(await bundleIn(namespace)).toBe('theirs');
    expect(place.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });
});

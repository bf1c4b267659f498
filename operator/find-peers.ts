/** Makes this replica known to the others, finds them, and asks them what they count. */
import { readFile } from 'node:fs/promises';
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import { leases } from './kube/resource-types.ts';
import type { OperatorKube } from './operator-kube.ts';
import type { ObjectOwner } from './ownership/object-owner.ts';
import { askReplica } from './peers/ask-replica.ts';
import { peerServerName } from './peers/peer-server-name.ts';
import { PolledCounts } from './peers/polled-counts.ts';
import { ReplicaDirectory } from './peers/replica-directory.ts';
import { keepPresence, replicaLabel } from './peers/replica-presence.ts';
import type { RunningPushServer } from './push/start-push-server.ts';
import { KindWatch } from './source/kind-watch.ts';
import type { PeerCounts } from './status/peer-counts.ts';
import type { TaskGroup } from './task-group.ts';

export interface FindPeersOptions {
  readonly settings: OperatorSettings;
  readonly kube: OperatorKube;
  readonly push: RunningPushServer;
  /** Whom to trust as another replica. */
  readonly caPem: () => string;
  /** Of the Lease of this replica. */
  readonly owner: ObjectOwner;
  readonly tasks: TaskGroup;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A token is far from this size. */
const maxTokenLength = 65_536;

export interface Peers {
  /** What the other replicas count. */
  readonly counts: PeerCounts;
  readonly directory: ReplicaDirectory;
}

/** Starts it all as tasks. */
export function findPeers(options: FindPeersOptions): Peers {
  const { settings, kube, push, caPem, owner, tasks, clock, logger } = options;
  const { namespace, replicaName, serviceNames, peerTokenFile, leaseDurationMs: durationMs } = settings;
  const address = addressOf(settings, push.port);
  tasks.add('presence', (signal) =>
    keepPresence({ kube: kube.client, namespace, replicaName, address, durationMs, owner, clock, logger }, signal),
  );
  const directory = new ReplicaDirectory({ ownName: replicaName, clock });
  const watch = new KindWatch({
    type: leases,
    namespaces: [namespace],
    labelSelector: replicaLabel,
    isMetadataOnly: false,
    isOptional: false,
    keeper: directory,
    createListWatch: kube.createListWatch,
    clock,
    logger,
    onProgress: () => undefined,
  });
  tasks.add('replicas', (signal) => watch.run(signal));
  const counts = new PolledCounts({
    others: () => (watch.missing === null ? directory.others() : null),
    ask: async (replica, cursor, signal) =>
      askReplica({
        address: replica.address,
        cursor,
        token: await readToken(peerTokenFile),
        caPem: caPem(),
        serverName: peerServerName(serviceNames),
        signal,
      }),
    onAcknowledgements: (acknowledgements) => push.takeFromPeer(acknowledgements),
    clock,
    logger,
  });
  tasks.add('peer counts', (signal) => counts.run(signal));
  return { counts, directory };
}

function addressOf({ advertise }: OperatorSettings, port: number): string {
  const { host } = advertise;
  return `${host.includes(':') ? `[${host}]` : host}:${advertise.port ?? port}`;
}

/** The kubelet replaces it now and then. */
async function readToken(file: string): Promise<string> {
  const failed = (cause?: unknown): LinkError =>
    new LinkError(`the token for other replicas cannot be read from ${file}`, {
      kind: 'transient',
      status: 0,
      retryAfterMs: 0,
      cause,
    });
  try {
    const token = (await readFile(file, 'utf8')).trim();
    if (token !== '' && token.length <= maxTokenLength && /^[\x21-\x7e]+$/.test(token)) return token;
  } catch (cause) {
    throw failed(cause);
  }
  throw failed();
}

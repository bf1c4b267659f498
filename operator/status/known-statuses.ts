/**
 * The newest that is known of the status of each object of a kind: what the watch shows, what the last write gave back, or,
 * where the API server keeps no status, what was said last. Bounded by how many objects there are.
 */
import type { KubeObject } from '../kube/kube-object.ts';
import type { ObjectStatus, PresentStatus } from './condition.ts';

interface Remembered {
  readonly uid: string;
  readonly status: PresentStatus;
}

export class KnownStatuses {
  /** What writes gave back and the watch has not shown yet. */
  readonly #writtenByKey = new Map<string, KubeObject>();
  /** Where there is no status: what was said. */
  readonly #saidByKey = new Map<string, Remembered>();

  /** Of what the watch shows and what a write gave back, the newer one. */
  newest(key: string, watched: KubeObject): KubeObject {
    const written = this.#writtenByKey.get(key);
    if (written === undefined) return watched;
    if (written.metadata.uid === watched.metadata.uid && isNewer(written, watched)) return written;
    this.#writtenByKey.delete(key);
    return watched;
  }

  /** For an API server without status; null: nothing was said yet. */
  said(key: string, { metadata }: KubeObject): PresentStatus | null {
    const remembered = this.#saidByKey.get(key);
    return remembered?.uid === metadata.uid ? remembered.status : null;
  }

  noteWritten(key: string, object: KubeObject): void {
    this.#writtenByKey.set(key, object);
  }

  noteSaid(key: string, { metadata }: KubeObject, status: ObjectStatus): void {
    this.#saidByKey.set(key, { uid: metadata.uid, status });
  }

  forget(key: string): void {
    this.#writtenByKey.delete(key);
    this.#saidByKey.delete(key);
  }
}

/** Resource versions of one kind are comparable as numbers where they are numbers (KEP-5504); else the watch is believed. */
function isNewer(written: KubeObject, watched: KubeObject): boolean {
  const [a, b] = [written.metadata.resourceVersion, watched.metadata.resourceVersion];
  if (!/^\d+$/.test(a) || !/^\d+$/.test(b)) return false;
  return BigInt(a) > BigInt(b);
}

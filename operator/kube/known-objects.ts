/**
 * What the owner of a list-watch has been told: of each object which one it is and which version. It turns lists and events into differences,
 * so that what happened while nobody watched is told as well.
 */
import type { KubeObject } from './kube-object.ts';
import type { ObjectChange } from './list-watch.ts';

interface Known {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
}

export class KnownObjects {
  readonly #tell: (change: ObjectChange) => void;
  readonly #knownByKey = new Map<string, Known>();

  constructor(tell: (change: ObjectChange) => void) {
    this.#tell = tell;
  }

  get size(): number {
    return this.#knownByKey.size;
  }

  /** Tells about an object when it is new or has another version; first about the end of its namesake when it is another one. */
  upsert(object: KubeObject): void {
    const key = keyOf(object);
    const { name, namespace = '', uid, resourceVersion } = object.metadata;
    const known = this.#knownByKey.get(key);
    if (known?.uid === uid && known.resourceVersion === resourceVersion) return;
    if (known !== undefined && known.uid !== uid) this.#tell({ kind: 'delete', object: tombstone(known) });
    this.#knownByKey.set(key, { name, namespace, uid, resourceVersion });
    this.#tell({ kind: 'upsert', object });
  }

  /** Tells about the end of an object that is known. */
  delete(object: KubeObject): void {
    const key = keyOf(object);
    if (this.#knownByKey.get(key)?.uid !== object.metadata.uid) return;
    this.#knownByKey.delete(key);
    this.#tell({ kind: 'delete', object });
  }

  /** Takes in a list, page by page; `end` tells about everything that none of them had. */
  beginList(): { readonly page: (objects: readonly KubeObject[]) => void; readonly end: () => void } {
    const seen = new Set<string>();
    return {
      page: (objects) => {
        for (const object of objects) {
          seen.add(keyOf(object));
          this.upsert(object);
        }
      },
      end: () => {
        for (const [key, known] of this.#knownByKey) {
          if (seen.has(key)) continue;
          this.#knownByKey.delete(key);
          this.#tell({ kind: 'delete', object: tombstone(known) });
        }
      },
    };
  }
}

function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

/** An object that went while nobody watched: nothing but who it was is known. */
function tombstone({ name, namespace, uid, resourceVersion }: Known): KubeObject {
  return { metadata: { name, ...(namespace === '' ? {} : { namespace }), uid, resourceVersion } };
}

/** A Lease in memory, kept as the API server keeps it. */
import type { KubeClient } from '../../operator/kube/kube-client.ts';
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import { linkError } from './link-error.ts';

/** The way of one replica to the API server, and its process. */
export interface LeaseLink {
  fault: 'none' | 'away' | 'answers lost';
  /** How long the process stood still: time has passed, and no timer has run. */
  stoodStillMs: number;
}

/** One Lease as the API server keeps it. */
export class LeaseStore {
  lease: KubeObject | null = null;
  writes = 0;
  #version = 0;

  /** What one replica reaches it by; `fault` fails its requests. */
  client(link: Pick<LeaseLink, 'fault'>): Pick<KubeClient, 'get' | 'create' | 'replace'> {
    const before = (): void => {
      if (link.fault === 'away') throw linkError(0);
    };
    const after = <Result>(result: Result): Result => {
      if (link.fault === 'answers lost') throw linkError(0);
      return result;
    };
    return {
      get: async () => {
        before();
        if (this.lease === null) throw linkError(404);
        return after(structuredClone(this.lease));
      },
      create: async (_, object) => {
        before();
        if (this.lease !== null) throw linkError(409);
        return after(
          this.#keep({ ...object, metadata: { ...object.metadata, name: 'l', uid: 'u', resourceVersion: '' } }),
        );
      },
      replace: async (_, object) => {
        before();
        if (this.lease === null) throw linkError(404);
        if (object.metadata.resourceVersion !== this.lease.metadata.resourceVersion) throw linkError(409);
        return after(this.#keep(object));
      },
    };
  }

  /** Somebody else writes. */
  edit(change: (spec: Record<string, unknown>) => void): void {
    const lease = structuredClone(this.lease);
    if (lease === null) throw new Error('there is no Lease');
    change(lease['spec'] as Record<string, unknown>);
    this.#keep(lease);
  }

  get spec(): Record<string, unknown> {
    return (this.lease?.['spec'] ?? {}) as Record<string, unknown>;
  }

  #keep(object: KubeObject): KubeObject {
    this.#version += 1;
    this.writes += 1;
    this.lease = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion: `${this.#version}` } });
    return structuredClone(this.lease);
  }
}

/** An owner that is who a test says. */
import type { OwnerReference } from '../../operator/kube/kube-object.ts';
import type { ObjectOwner } from '../../operator/ownership/object-owner.ts';

export interface FakeOwner extends ObjectOwner {
  /** From now on it has this uid. */
  become(uid: string): void;
}

/** Nobody at first, unless a uid is given. */
export function fakeOwner(firstUid?: string): FakeOwner {
  const listeners = new Set<() => void>();
  const withUid = (uid: string): OwnerReference => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    name: 'farpoint-operator',
    uid,
  });
  let reference = firstUid === undefined ? null : withUid(firstUid);
  return {
    reference: () => reference,
    onChanged(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    become(uid) {
      reference = withUid(uid);
      for (const listener of listeners) listener();
    },
  };
}

/** Who owns what the operator makes, so that the cluster's garbage collector removes it together with the owner. Pure. */
import type { ObjectMeta, OwnerReference } from '../kube/kube-object.ts';

export interface ObjectOwner {
  /** `null`: nobody is known; then the owners of objects stay as they are. */
  reference(): OwnerReference | null;
  /** Calls back when there is another one. Returns the way to stop. */
  onChanged(listener: () => void): () => void;
}

/** For what is to stay. */
export const noOwner: ObjectOwner = { reference: () => null, onChanged: () => () => undefined };

type Owned = Pick<ObjectMeta, 'ownerReferences'>;

/**
 * The part of an object's metadata that says who owns it: owners that others gave it stay, and an owner of ours that is gone
 * makes place for the one that there is. Empty when there is nothing to say.
 */
export function ownersFor(present: Owned | null, owner: ObjectOwner): Owned {
  const reference = owner.reference();
  const former = present?.ownerReferences ?? [];
  if (reference === null) return former.length === 0 ? {} : { ownerReferences: former };
  const others = former.filter((other) => !isSameRole(other, reference));
  return { ownerReferences: [...others, reference] };
}

/** Whether an object has the owner that it is to have, and none in that place that is gone. */
export function hasOwner({ ownerReferences = [] }: Owned, owner: ObjectOwner): boolean {
  const reference = owner.reference();
  if (reference === null) return true;
  const same = ownerReferences.filter((other) => isSameRole(other, reference));
  return same.length === 1 && same[0]?.uid === reference.uid;
}

function isSameRole(one: OwnerReference, other: OwnerReference): boolean {
  return one.apiVersion === other.apiVersion && one.kind === other.kind && one.name === other.name;
}

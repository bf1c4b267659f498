/** One watch for two who keep different objects of the same kind. */
import type { ObjectKeeper } from './kind-watch.ts';

/** Shows both everything. */
export function bothKeepers(first: ObjectKeeper, second: ObjectKeeper): ObjectKeeper {
  return {
    upsert: (object) => {
      first.upsert(object);
      second.upsert(object);
    },
    remove: (key) => {
      first.remove(key);
      second.remove(key);
    },
    keys: () => new Set([...first.keys(), ...second.keys()]),
  };
}

/** Which policy a target probably means that names none. Its work is bounded, however many names there are. Pure. */
import { nearestName } from '../settings/nearest-name.ts';

const maxHints = 50;
const maxNames = 200;
const maxNameLength = 64;

export class PolicyHints {
  #asked = 0;

  /** Null where none is near, and once enough was asked. */
  nearest(name: string, policies: Iterable<string>): string | null {
    if (name.length > maxNameLength || this.#asked === maxHints) return null;
    this.#asked += 1;
    const names = [...policies].filter(({ length }) => length <= maxNameLength).slice(0, maxNames);
    const lowerCased = names.map((known) => known.toLowerCase());
    const nearest = nearestName(name.toLowerCase(), lowerCased, Math.ceil(name.length / 2.5));
    return nearest === null ? null : (names[lowerCased.indexOf(nearest)] ?? null);
  }
}

/** Reads annotations by name, whichever prefix they are written with, and collects what cannot be used. Pure. */
import { falsyTexts } from '#shared/settings/falsy-texts.ts';
import { isTruthy } from '#shared/settings/is-truthy.ts';

export interface Annotation {
  /** As it is written: `dapr.io/app-port`. */
  readonly key: string;
  readonly value: string;
}

const maxShownLength = 100;
/** Of one annotation, unless it is a list: what has meaning is much shorter. */
const maxLength = 4_096;
const lists: readonly string[] = [
  'env',
  'env-from-secret',
  'volume-mounts',
  'volume-mounts-rw',
  'sidecar-svc-annotations',
];
/** Nobody reads more of them. */
const maxMistakes = 50;

export class PodAnnotations {
  /** A sentence for each annotation that cannot be used. */
  readonly mistakes: string[] = [];
  readonly #annotations: ReadonlyMap<string, string>;
  readonly #prefixes: readonly string[];

  /** Of the prefixes (without a slash) a later one beats an earlier one. */
  constructor(annotations: ReadonlyMap<string, string>, prefixes: readonly string[]) {
    this.#annotations = annotations;
    this.#prefixes = prefixes;
  }

  /** `null`: there is none. One that is empty hides the one of an earlier prefix. */
  find(name: string): Annotation | null {
    for (const prefix of this.#prefixes.toReversed()) {
      const key = `${prefix}/${name}`;
      const value = this.#annotations.get(key);
      if (value !== undefined) return { key, value: this.#bounded({ key, value: value.trim() }, name) };
    }
    return null;
  }

  /** `null`: there is none, or it is empty. */
  given(name: string): Annotation | null {
    const annotation = this.find(name);
    return annotation === null || annotation.value === '' ? null : annotation;
  }

  /** `null`: there is none, or it cannot be used. */
  boolean(name: string): boolean | null {
    const annotation = this.find(name);
    if (annotation === null) return null;
    if (isTruthy(annotation.value)) return true;
    if (falsyTexts.includes(annotation.value.toLowerCase())) return false;
    this.refuse(annotation, 'give true or false (y, yes, t, on, 1, n, no, f, off and 0 will do)');
    return null;
  }

  /** `null`: there is none, it is empty, or it cannot be used. */
  integer(name: string, { least, most }: { readonly least: number; readonly most: number }): number | null {
    const annotation = this.given(name);
    if (annotation === null) return null;
    const number = /^\d{1,10}$/.test(annotation.value) ? Number(annotation.value) : Number.NaN;
    if (number >= least && number <= most) return number;
    this.refuse(annotation, `give a whole number from ${least} to ${most}`);
    return null;
  }

  /** The text when it fits the pattern. `null`: there is none, it is empty, or it cannot be used. */
  text(name: string, { pattern, allowed }: { readonly pattern: RegExp; readonly allowed: string }): string | null {
    const annotation = this.given(name);
    if (annotation === null) return null;
    if (pattern.test(annotation.value)) return annotation.value;
    this.refuse(annotation, allowed);
    return null;
  }

  /** Adds a mistake; what is allowed goes without a full stop. */
  refuse(annotation: Annotation, allowed: string): void {
    this.#add(`${shownAnnotation(annotation)}: ${allowed}.`);
  }

  /** The same for an annotation whose value may hold a secret: it is not repeated. */
  refuseUnseen({ key }: Annotation, allowed: string): void {
    this.#add(`annotation ${key}: ${allowed}.`);
  }

  /** What is too long is a mistake, and counts as empty. */
  #bounded(annotation: Annotation, name: string): string {
    if (annotation.value.length <= maxLength || lists.includes(name)) return annotation.value;
    this.refuse(annotation, `give ${maxLength} characters at most`);
    return '';
  }

  #add(mistake: string): void {
    if (this.mistakes.length < maxMistakes) this.mistakes.push(mistake);
  }
}

/** An annotation as sentences name it, a long value shortened. */
export function shownAnnotation({ key, value }: Annotation): string {
  const shown = value.length > maxShownLength ? `${value.slice(0, maxShownLength)}…` : value;
  return `annotation ${key} (${JSON.stringify(shown)})`;
}

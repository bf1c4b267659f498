/** A value that cannot be printed: every way to turn it into text says which value it stands for instead. */
import { inspect } from 'node:util';

/** Holds secret text together with a name for it that is safe to log. */
export class Sensitive {
  /** Where the value came from, for people: `secret github/token`, `inline`, `env ZONE`. Safe to log. */
  readonly ref: string;
  /** Changes whenever the value does and says nothing about it. Part of a table's revision. */
  readonly version: string;
  readonly #value: string;

  constructor(value: string, origin: { readonly ref: string; readonly version: string }) {
    this.#value = value;
    this.ref = origin.ref;
    this.version = origin.version;
  }

  /** The value itself. Call it only where the bytes go on the wire or into a TLS context. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return `[sensitive: ${this.ref}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/** Header fields that middleware may change. What it leaves alone keeps its bytes and its place; copied at the first change. */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import { isOfTheProxy, namesInConnection } from '../upstream/hop-by-hop.ts';

const noNames: readonly string[] = [];

export class HeaderFields {
  readonly #sent: readonly string[];
  /** Null until the first change. */
  #changed: string[] | null = null;
  /** In lower case; a few at most. */
  #changedNames: readonly string[] = noNames;

  /** Names and values in turn. */
  constructor(flat: readonly string[]) {
    this.#sent = flat;
  }

  /** Names and values in turn. */
  get flat(): readonly string[] {
    return this.#changed ?? this.#sent;
  }

  /** The same, for whoever takes it over; null when nothing was changed. */
  get changed(): string[] | null {
    return this.#changed;
  }

  /** Whether a field of this name, in lower case, was set or removed. */
  hasChanged(lowerName: string): boolean {
    return this.#changedNames.includes(lowerName);
  }

  /** In order; `lowerName` in lower case. */
  values(lowerName: string): readonly string[] {
    const values: string[] = [];
    const { flat } = this;
    for (let index = 0; index + 1 < flat.length; index += 2) {
      if (isNamed(flat[index], lowerName)) values.push(flat[index + 1] ?? '');
    }
    return values;
  }

  /** Takes the place of the first field of that name. Throws ProxyError `middleware-failed` for what cannot be set. */
  set(name: string, value: string): void {
    checkField(name, value);
    const lowerName = name.toLowerCase();
    this.#releaseFromConnection(lowerName);
    this.#replace(lowerName, [name, value]);
  }

  /** Throws ProxyError `middleware-failed` for what cannot be removed. */
  remove(name: string): void {
    checkName(name);
    this.#replace(name.toLowerCase(), []);
  }

  /** The body's length is not known any more. */
  removeLength(): void {
    this.#replace('content-length', []);
  }

  /** A Connection header of the caller must not take away what a middleware sets. */
  #releaseFromConnection(lowerName: string): void {
    const connection = this.values('connection');
    if (connection.length === 0) return;
    const names = namesInConnection(connection.join(','));
    if (names.has(lowerName)) {
      this.#replace('connection', ['Connection', [...names].filter((name) => name !== lowerName).join(', ')]);
    }
  }

  #replace(lowerName: string, field: readonly string[]): void {
    const { flat } = this;
    const kept: string[] = [];
    let isPlaced = false;
    for (let index = 0; index + 1 < flat.length; index += 2) {
      if (!isNamed(flat[index], lowerName)) kept.push(flat[index] ?? '', flat[index + 1] ?? '');
      else if (!isPlaced) {
        isPlaced = true;
        kept.push(...field);
      }
    }
    if (!isPlaced) kept.push(...field);
    this.#changed = kept;
    if (!this.hasChanged(lowerName)) this.#changedNames = [...this.#changedNames, lowerName];
  }
}

function isNamed(name: string | undefined, lowerName: string): boolean {
  return name?.length === lowerName.length && name.toLowerCase() === lowerName;
}

/** Throws ProxyError `middleware-failed` for a field that a middleware cannot set. */
export function checkField(name: string, value: string): void {
  checkName(name);
  try {
    validateHeaderValue(name, value);
  } catch (error) {
    throw new ProxyError('middleware-failed', `the value for the header ${name} is none`, { cause: error });
  }
}

function checkName(name: string): void {
  try {
    validateHeaderName(name);
  } catch (error) {
    throw new ProxyError('middleware-failed', 'the name of a header is none', { cause: error });
  }
  if (isOfTheProxy(name.toLowerCase())) {
    throw new ProxyError('middleware-failed', `the header ${name} is not a middleware's to change`);
  }
}

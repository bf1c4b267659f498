/** The files of secretstores.local.file. One that breaks keeps its last good content. */
import type { Problem } from '#shared/errors/problem.ts';
import type { Component } from '#shared/resources/component.ts';
import type { FileCache } from './file-cache.ts';
import type { FileReading } from './read-text-file.ts';
import { secretsFilePaths, type SecretsFile } from './secret-stores.ts';

export interface SecretsFileReading {
  readonly file: SecretsFile;
  /** That the file is broken now and its former content stays in use. */
  readonly problem: Problem | null;
}

interface Entry {
  readonly component: Component;
  readonly reading: FileReading;
  /** The text that is in use; `null` when the file never was good. */
  readonly goodText: string | null;
  readonly result: SecretsFileReading;
}

/** Reads them again when asked to; gives the same object while nothing changed. */
export class SecretsFileSource {
  readonly #cache: FileCache;
  #entriesByPath = new Map<string, Entry>();
  #entriesInUse = new Map<string, Entry>();

  constructor(cache: FileCache) {
    this.#cache = cache;
  }

  /** The first of the component's paths at which there is anything. */
  async read(component: Component, touched: ReadonlySet<string>): Promise<SecretsFileReading> {
    const paths = secretsFilePaths(component);
    for (const path of paths) {
      const reading = await this.#cache.read(path, touched);
      const isLast = path === paths.at(-1);
      if (reading.state === 'missing' && !isLast) continue;
      const former = this.#entriesByPath.get(path);
      const isSame = former?.reading === reading && former.component === component;
      const entry = isSame ? former : entryFrom({ component, path, reading, goodText: former?.goodText ?? null });
      this.#entriesInUse.set(path, entry);
      return entry.result;
    }
    return { file: { state: 'missing', path: '' }, problem: null };
  }

  /** Ends a round: files that were not asked for since the last one are forgotten. */
  endRound(): void {
    this.#entriesByPath = this.#entriesInUse;
    this.#entriesInUse = new Map();
  }
}

function entryFrom(inputs: Pick<Entry, 'component' | 'reading' | 'goodText'> & { readonly path: string }): Entry {
  const { component, path, reading, goodText } = inputs;
  // A file that is gone is gone: its secrets are not to outlive it.
  if (reading.state === 'missing') {
    return { component, reading, goodText: null, result: { file: { state: 'missing', path }, problem: null } };
  }
  if (reading.state === 'text' && isJson(reading.text)) {
    const file: SecretsFile = { state: 'text', path, text: reading.text };
    return { component, reading, goodText: reading.text, result: { file, problem: null } };
  }
  const mistake = reading.state === 'text' ? 'is not valid JSON' : reading.mistake;
  if (goodText === null) {
    const file: SecretsFile = { state: 'unreadable', path, mistake };
    return { component, reading, goodText, result: { file, problem: null } };
  }
  const message = `${path} ${mistake}; what was read before stays in use`;
  const problem: Problem = { subject: component.subject, reason: 'SecretStoreFailed', message, severity: 'error' };
  return { component, reading, goodText, result: { file: { state: 'text', path, text: goodText }, problem } };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

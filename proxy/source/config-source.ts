/** The files that `--config` names -> one Configuration. A broken change keeps the last good one. */
import { defaultConfiguration, type Configuration } from '#shared/resources/configuration.ts';
import { expandVariables } from '#shared/resources/expand-variables.ts';
import type { Manifest } from '#shared/resources/manifest.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import { recordFrom } from '#shared/resources/read-field.ts';
import type { FileCache } from './file-cache.ts';
import { readDocument } from './read-document.ts';
import type { FileReading } from './read-text-file.ts';
import { splitDocuments } from './split-documents.ts';

export interface ConfigReading {
  /** The last one without mistakes. */
  readonly configuration: Configuration;
  /** What is wrong with the files as they are now. */
  readonly mistakes: readonly string[];
}

export interface ConfigSourceOptions {
  readonly files: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cache: FileCache;
}

/** Reads the files again when asked to; gives the same object while nothing changed. */
export class ConfigSource {
  readonly #options: ConfigSourceOptions;
  #readings: readonly FileReading[] | null = null;
  #result: ConfigReading = { configuration: defaultConfiguration, mistakes: [] };

  constructor(options: ConfigSourceOptions) {
    this.#options = options;
  }

  async read(touched: ReadonlySet<string>): Promise<ConfigReading> {
    const { files, env, cache } = this.#options;
    const readings = await Promise.all(files.map((file) => cache.read(file, touched)));
    const former = this.#readings;
    if (former !== null && readings.every((reading, index) => reading === former[index])) return this.#result;
    this.#readings = readings;
    const manifests: Manifest[] = [];
    const mistakes: string[] = [];
    for (const [index, reading] of readings.entries()) {
      const file = files[index] ?? '';
      if (reading.state === 'missing') mistakes.push(`${file}: there is no such file`);
      else if (reading.state === 'unreadable') mistakes.push(`${file}: it ${reading.mistake}`);
      // Half of a change that is being written: to take it for a Configuration would open what the one before guards.
      else if (former !== null && reading.text.trim() === '') mistakes.push(`${file}: it is empty`);
      else readManifests(file, expandVariables(reading.text, env), { manifests, mistakes });
    }
    const parsed = parseConfiguration(manifests);
    mistakes.push(...parsed.mistakes);
    const configuration = mistakes.length === 0 ? parsed.configuration : this.#result.configuration;
    this.#result = { configuration, mistakes };
    return this.#result;
  }
}

function readManifests(
  file: string,
  text: string,
  { manifests, mistakes }: { readonly manifests: Manifest[]; readonly mistakes: string[] },
): void {
  for (const part of splitDocuments(text)) {
    const result = readDocument(part);
    const document = recordFrom(result.document);
    const location = `${file}:${part.line}`;
    if (result.mistake !== null) mistakes.push(`${file}:${result.line}: ${result.mistake}`);
    else if (document === null) mistakes.push(`${location}: it is no Configuration of dapr.io/v1alpha1`);
    else manifests.push({ document, location });
  }
}

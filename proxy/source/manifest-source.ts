/** The manifest files of the resources paths. Only what changed is parsed again, one document at a time. */
import path from 'node:path';
import type { Clock } from '#shared/clock/clock.ts';
import type { Problem } from '#shared/errors/problem.ts';
import { Breather } from './breather.ts';
import type { FileCache } from './file-cache.ts';
import { listManifests, type ManifestListing } from './list-manifests.ts';
import {
  documentsByText,
  emptyManifestFile,
  manifestFileFrom,
  rereadDocument,
  unreadableFile,
  type ManifestFile,
} from './manifest-file.ts';
import type { FileReading } from './read-text-file.ts';
import { splitDocuments } from './split-documents.ts';

export interface ManifestSourceOptions {
  readonly resourcesPaths: readonly string[];
  readonly namespace: string;
  readonly fingerprintKey: string;
  readonly cache: FileCache;
  readonly clock: Clock;
}

export interface ManifestReading {
  /** In the order that decides between resources of one name. The same object while a file says the same. */
  readonly filesByPath: ReadonlyMap<string, ManifestFile>;
  /** Manifests that are symbolic links. */
  readonly links: readonly string[];
  /** Of the folders themselves. */
  readonly problems: readonly Problem[];
}

interface KnownFile {
  readonly reading: FileReading;
  readonly file: ManifestFile;
}

/** Files that are read at once: enough to keep the disk busy, few enough to leave file descriptors to calls. */
const filesAtOnce = 16;

export class ManifestSource {
  readonly #options: ManifestSourceOptions;
  readonly #listings = new Map<string, ManifestListing>();
  #knownByPath: ReadonlyMap<string, KnownFile> = new Map();

  constructor(options: ManifestSourceOptions) {
    this.#options = options;
  }

  async read(touched: ReadonlySet<string>): Promise<ManifestReading> {
    const listings = await Promise.all(this.#options.resourcesPaths.map((folder) => this.#list(folder)));
    const paths = withoutRepeats(listings.flatMap(({ files }) => files));
    const knownByPath = new Map<string, KnownFile>();
    const breather = new Breather(this.#options.clock);
    for (let index = 0; index < paths.length; index += filesAtOnce) {
      const batch = paths.slice(index, index + filesAtOnce);
      const readings = await Promise.all(batch.map((file) => this.#options.cache.read(file, touched)));
      for (const [at, reading] of readings.entries()) {
        const file = batch[at] ?? '';
        knownByPath.set(file, await this.#readFile(file, reading, breather));
      }
    }
    this.#knownByPath = knownByPath;
    return {
      filesByPath: new Map([...knownByPath].map(([name, { file }]) => [name, file])),
      links: listings.flatMap(({ links }) => links),
      problems: listings.flatMap(({ problem }) => (problem === null ? [] : [problem])),
    };
  }

  /** A folder that is there and cannot be listed has what it had; one that is gone has nothing. */
  async #list(folder: string): Promise<ManifestListing> {
    const listing = await listManifests(folder);
    const former = this.#listings.get(folder);
    const isKept = listing.problem?.reason === 'ResourcesPathUnreadable' && former !== undefined;
    const kept = isKept ? { ...former, problem: listing.problem } : listing;
    this.#listings.set(folder, kept);
    return kept;
  }

  async #readFile(name: string, reading: FileReading, breather: Breather): Promise<KnownFile> {
    const known = this.#knownByPath.get(name);
    if (known?.reading === reading) return known;
    const former = known?.file ?? emptyManifestFile;
    if (reading.state === 'missing') return { reading, file: emptyManifestFile };
    if (reading.state === 'unreadable') {
      const { reason, mistake } = reading;
      const subject = { kind: '', namespace: '', name: '', location: name };
      const problem: Problem = { subject, reason, message: `the file ${mistake}`, severity: 'error' };
      return { reading, file: unreadableFile(problem, former) };
    }
    const { namespace, fingerprintKey } = this.#options;
    const formerByText = documentsByText(former);
    const documents = [];
    for (const part of splitDocuments(reading.text)) {
      const document = rereadDocument(part, formerByText, { file: name, namespace, fingerprintKey });
      const isUnread = document.resource.kind === 'unread-resiliency';
      documents.push(isUnread ? (await import('./read-resiliency.ts')).readResiliency(document) : document);
      await breather.breathe();
    }
    return { reading, file: manifestFileFrom(documents, former) };
  }
}

/** A folder may have been named twice, and differently. */
function withoutRepeats(files: readonly string[]): readonly string[] {
  const filesByPath = new Map<string, string>();
  for (const file of files) {
    const absolute = path.resolve(file);
    if (!filesByPath.has(absolute)) filesByPath.set(absolute, file);
  }
  return [...filesByPath.values()];
}

/** The manifest files of the resources paths. Only what changed is parsed again, one document at a time. */
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
    const listings = await Promise.all(this.#options.resourcesPaths.map((path) => this.#list(path)));
    const paths = [...new Set(listings.flatMap(({ files }) => files))];
    const knownByPath = new Map<string, KnownFile>();
    const breather = new Breather(this.#options.clock);
    for (let index = 0; index < paths.length; index += filesAtOnce) {
      const batch = paths.slice(index, index + filesAtOnce);
      const readings = await Promise.all(batch.map((path) => this.#options.cache.read(path, touched)));
      for (const [at, reading] of readings.entries()) {
        const path = batch[at] ?? '';
        knownByPath.set(path, await this.#readFile(path, reading, breather));
      }
    }
    this.#knownByPath = knownByPath;
    return {
      filesByPath: new Map([...knownByPath].map(([path, { file }]) => [path, file])),
      links: listings.flatMap(({ links }) => links),
      problems: listings.flatMap(({ problem }) => (problem === null ? [] : [problem])),
    };
  }

  /** A folder that is there and cannot be listed has what it had; one that is gone has nothing. */
  async #list(path: string): Promise<ManifestListing> {
    const listing = await listManifests(path);
    const former = this.#listings.get(path);
    const isKept = listing.problem?.reason === 'ResourcesPathUnreadable' && former !== undefined;
    const kept = isKept ? { ...former, problem: listing.problem } : listing;
    this.#listings.set(path, kept);
    return kept;
  }

  async #readFile(path: string, reading: FileReading, breather: Breather): Promise<KnownFile> {
    const known = this.#knownByPath.get(path);
    if (known?.reading === reading) return known;
    const former = known?.file ?? emptyManifestFile;
    if (reading.state === 'missing') return { reading, file: emptyManifestFile };
    if (reading.state === 'unreadable') {
      const { reason, mistake } = reading;
      const subject = { kind: '', namespace: '', name: '', location: path };
      const problem: Problem = { subject, reason, message: `the file ${mistake}`, severity: 'error' };
      return { reading, file: unreadableFile(problem, former) };
    }
    const { namespace, fingerprintKey } = this.#options;
    const formerByText = documentsByText(former);
    const documents = [];
    for (const part of splitDocuments(reading.text)) {
      documents.push(rereadDocument(part, formerByText, { file: path, namespace, fingerprintKey }));
      await breather.breathe();
    }
    return { reading, file: manifestFileFrom(documents, former) };
  }
}

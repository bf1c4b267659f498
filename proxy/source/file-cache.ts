/** The files of a folder, each read again only when it may have changed. */
import path from 'node:path';
import { readTextFile, stampOf, type FileReading } from './read-text-file.ts';

interface Entry {
  readonly stamp: string;
  readonly reading: FileReading;
}

/** Keeps the last reading of each file in use. The same reading object comes back while the content is the same. */
export class FileCache {
  #entries = new Map<string, Entry>();
  #entriesInUse = new Map<string, Entry>();

  /** `touched`: absolute paths that something was said to have happened to; a stamp alone can miss a quick rewrite. */
  async read(file: string, touched: ReadonlySet<string>): Promise<FileReading> {
    const former = this.#entries.get(file);
    const stamp = former !== undefined && !isTouched(file, former, touched) ? await stampOf(file) : null;
    const entry = former !== undefined && stamp === former.stamp ? former : await readAgain(file, former);
    this.#entriesInUse.set(file, entry);
    return entry.reading;
  }

  /** Ends a round: files that were not asked for since the last one are forgotten. */
  endRound(): void {
    this.#entries = this.#entriesInUse;
    this.#entriesInUse = new Map();
  }
}

function isTouched(file: string, { reading }: Entry, touched: ReadonlySet<string>): boolean {
  return touched.has(path.resolve(file)) || (reading.state === 'text' && touched.has(reading.realPath));
}

async function readAgain(file: string, former: Entry | undefined): Promise<Entry> {
  const reading = await readTextFile(file);
  const stamp = reading.state === 'missing' ? '' : reading.stamp;
  const isSame = former !== undefined && isSameContent(former.reading, reading);
  return { stamp, reading: isSame ? former.reading : reading };
}

function isSameContent(a: FileReading, b: FileReading): boolean {
  if (a.state === 'text') return b.state === 'text' && a.text === b.text && a.realPath === b.realPath;
  if (a.state === 'unreadable') return b.state === 'unreadable' && a.mistake === b.mistake;
  return b.state === 'missing';
}

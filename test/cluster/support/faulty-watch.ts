/** One watch on its way through the fault proxy, line by line. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { FaultyRequest, LineFault } from './faults.ts';

export interface FaultyWatchOptions {
  readonly request: FaultyRequest;
  readonly source: Readable;
  readonly write: (text: string, written?: () => void) => void;
  readonly end: () => void;
  readonly reset: () => void;
  /** What is to be done to the next line. */
  readonly takeFault: () => LineFault | null;
}

/** Passes lines on until a fault ends it. */
export class FaultyWatch {
  readonly request: FaultyRequest;
  readonly #options: FaultyWatchOptions;
  #rest = '';
  #isOver = false;

  constructor(options: FaultyWatchOptions) {
    this.request = options.request;
    this.#options = options;
  }

  /** Begins to pass lines on. */
  start(): void {
    const { source, reset } = this.#options;
    const decoder = new StringDecoder('utf8');
    source.on('data', (bytes: Buffer) => this.#take(decoder.write(bytes)));
    source.on('end', () => this.#end());
    source.on('error', () => this.#isOver || reset());
  }

  /** Does a fault now, in place of no line. */
  strike(fault: LineFault): void {
    if (!this.#isOver) this.#do(fault, '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1"}}}\n');
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split(/(?<=\n)/);
    this.#rest = lines.at(-1)?.endsWith('\n') === false ? (lines.pop() ?? '') : '';
    for (const line of lines) {
      if (this.#isOver) return;
      const fault = this.#options.takeFault();
      if (fault === null) this.#options.write(line);
      else this.#do(fault, line);
    }
  }

  #do(fault: LineFault, line: string): void {
    const { write, reset, source } = this.#options;
    const half = line.slice(0, Math.floor(line.length / 2));
    switch (fault.kind) {
      case 'unparsable-line':
        write(`${half}\n`);
        return;
      case 'error-line':
        write(errorLine(fault.code));
        return this.#end();
      case 'half-line-end':
        write(half);
        return this.#end();
      case 'line-end':
        return this.#end();
      case 'half-line':
        return this.#breakOff(() => write(half, reset));
      case 'line-reset':
        return this.#breakOff(() => write('', reset));
      case 'line-silence':
        // The connection stays; what comes from the API server is read and dropped.
        this.#isOver = true;
        source.resume();
    }
  }

  #breakOff(finish: () => void): void {
    this.#isOver = true;
    this.#options.source.destroy();
    finish();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.source.destroy();
    this.#options.end();
  }
}

/** As kube-apiserver says that a resourceVersion is too old, for one. */
function errorLine(code: number): string {
  const reason = code === 410 ? 'Expired' : 'InternalError';
  const object = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: 'a fault',
    reason,
    code,
  };
  return `${JSON.stringify({ type: 'ERROR', object })}\n`;
}

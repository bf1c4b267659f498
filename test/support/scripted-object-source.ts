/** An API server that answers lists and watches as a test tells it to, in memory. */
import { LinkError } from '#shared/errors/link-error.ts';
import type { KubeObject } from '../../operator/kube/kube-object.ts';
import type { ListPage, ObjectSource, PageOptions, WatchOptions } from '../../operator/kube/object-source.ts';

export type ScriptedPage = ListPage | LinkError;

/** One watch that was asked for. */
export class ScriptedWatch implements AsyncIterable<Uint8Array> {
  readonly options: WatchOptions;
  readonly #chunks: (Uint8Array | 'end' | 'cut')[] = [];
  #wake: () => void = () => undefined;

  constructor(options: WatchOptions) {
    this.options = options;
    options.signal.addEventListener('abort', () => this.#push('cut'));
  }

  /** Sends an event, as one line. */
  send(type: string, object: unknown): void {
    this.sendText(`${JSON.stringify({ type, object })}\n`);
  }

  sendText(text: string): void {
    this.#push(Buffer.from(text));
  }

  /** In order. */
  end(): void {
    this.#push('end');
  }

  /** As a reset does. */
  cut(): void {
    this.#push('cut');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk === undefined) await new Promise<void>((resolve) => (this.#wake = resolve));
      else if (chunk === 'end') return;
      else if (chunk === 'cut') throw new Error('the connection was reset');
      else yield chunk;
    }
  }

  #push(chunk: Uint8Array | 'end' | 'cut'): void {
    this.#chunks.push(chunk);
    this.#wake();
  }
}

export class ScriptedObjectSource implements ObjectSource {
  /** What pages were asked for. */
  readonly asked: PageOptions[] = [];
  readonly watches: ScriptedWatch[] = [];
  readonly #pages: ScriptedPage[] = [];
  readonly #refusals: LinkError[] = [];
  #lasting: ScriptedPage = page([]);

  /** The next answers to lists, in order. */
  answer(...pages: readonly ScriptedPage[]): void {
    this.#pages.push(...pages);
  }

  /** Every answer to a list after those. */
  answerAlways(answer: ScriptedPage): void {
    this.#lasting = answer;
  }

  /** The next watches are refused, in order. */
  refuseWatch(...errors: readonly LinkError[]): void {
    this.#refusals.push(...errors);
  }

  /** The newest one. */
  get newest(): ScriptedWatch {
    const watch = this.watches.at(-1);
    if (watch === undefined) throw new Error('nobody watches');
    return watch;
  }

  listPage(_query: unknown, options: PageOptions): Promise<ListPage> {
    this.asked.push(options);
    const answer = this.#pages.shift() ?? this.#lasting;
    return answer instanceof LinkError ? Promise.reject(answer) : Promise.resolve(answer);
  }

  watch(_query: unknown, options: WatchOptions): Promise<ScriptedWatch> {
    const error = this.#refusals.shift();
    if (error !== undefined) return Promise.reject(error);
    const watch = new ScriptedWatch(options);
    this.watches.push(watch);
    return Promise.resolve(watch);
  }
}

/** A page; without a token the last one. */
export function page(objects: readonly KubeObject[], resourceVersion = '100', continueToken = ''): ListPage {
  return { state: 'read', objects, resourceVersion, continueToken };
}

/** Writes acknowledgements to the request of the stream: one at a time, the newest wins, and reading never waits for them. */
import type { Writable } from 'node:stream';
import type { StreamAcknowledgement } from '#shared/push/push-channel.ts';
import { maxAcknowledgementBytes } from '#shared/push/push-message.ts';

export class Acknowledger {
  readonly #lines: Pick<Writable, 'write'>;
  #next: StreamAcknowledgement | null = null;
  #writing: PromiseWithResolvers<void> | null = null;

  /** `lines`: whose failures are the stream's end. */
  constructor(lines: Pick<Writable, 'write'>) {
    this.#lines = lines;
  }

  send(acknowledgement: StreamAcknowledgement): void {
    this.#next = acknowledgement;
    this.#writing ??= this.#writeNext(Promise.withResolvers());
  }

  /** Resolves when the connection has taken everything, or is gone. */
  async settled(): Promise<void> {
    await this.#writing?.promise;
  }

  #writeNext(writing: PromiseWithResolvers<void>): PromiseWithResolvers<void> | null {
    if (this.#next === null) {
      writing.resolve();
      return null;
    }
    const line = lineFrom(this.#next);
    this.#next = null;
    this.#lines.write(line, () => (this.#writing = this.#writeNext(writing)));
    return writing;
  }
}

/** The control plane bounds the line: messages, which are for people, are shortened before names are left out. */
function lineFrom(acknowledgement: StreamAcknowledgement): string {
  let { reasons } = acknowledgement;
  for (let maxLength = 256; ; maxLength = Math.floor(maxLength / 2)) {
    const line = JSON.stringify({ ...acknowledgement, reasons });
    if (Buffer.byteLength(line) <= maxAcknowledgementBytes) return `${line}\n`;
    if (maxLength === 0) reasons = reasons.slice(0, Math.floor(reasons.length / 2));
    else reasons = reasons.map(({ endpoint, message }) => ({ endpoint, message: message.slice(0, maxLength) }));
  }
}

/** A caller's body that comes piece by piece, each in a turn of its own. */
import { PassThrough } from 'node:stream';
import type { BodySource } from '../../proxy/upstream/request-body.ts';

export function sendingCaller(pieces: readonly Buffer[]): BodySource {
  const source = Object.assign(new PassThrough(), { complete: false });
  void (async (): Promise<void> => {
    for (const piece of pieces) {
      await new Promise(setImmediate);
      source.write(piece);
    }
    source.end();
  })();
  return source;
}

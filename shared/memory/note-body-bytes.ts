/**
 * Pieces of bodies are garbage as soon as they are passed on, but their bytes are not on V8's heap, and it lets some 50 MiB of
 * them lie before it looks: a collection of the young generation for every few MiB costs well below a millisecond each, and is
 * all it takes (ADR 6).
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const collectedBytes = 4 * 1024 * 1024;
let uncollectedBytes = 0;
let collectYoung: (() => void) | null = null;

/** To be called with the length of each piece that a body is passed on in, whichever way it goes. */
export function noteBodyBytes(count: number): void {
  uncollectedBytes += count;
  if (uncollectedBytes < collectedBytes) return;
  uncollectedBytes = 0;
  collectYoung ??= collectorOfV8();
  collectYoung();
}

/** V8 gives it to contexts that are made while it is told to. */
function collectorOfV8(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  setFlagsFromString('--no-expose-gc');
  // A node that has none takes more memory, and no call fails for it.
  return typeof gc === 'function' ? () => void Reflect.apply(gc, undefined, [{ type: 'minor' }]) : () => undefined;
}

/**
 * Pieces of bodies are garbage as soon as they are passed on, but their bytes are not on V8's heap, and it lets some 50 MiB of
 * them lie before it looks. A collection of the young generation every few MiB keeps the memory that is in the processor's
 * caches in use (ADR 18). Small bodies would pay for it and gain nothing.
 */

const largeBodyBytes = 256 * 1024;
const collectedBytes = 4 * 1024 * 1024;
/** Of all bodies of the process, since its heap is one. */
let uncollectedBytes = 0;

/**
 * To be called for each piece that a body is passed on in, whichever way it goes.
 * @param pieceBytes its length
 * @param bodyBytes what the body has had so far, with this piece
 */
export function collectPassedOn(pieceBytes: number, bodyBytes: number): void {
  if (bodyBytes < largeBodyBytes) return;
  uncollectedBytes += pieceBytes;
  if (uncollectedBytes < collectedBytes) return;
  uncollectedBytes = 0;
  // Node has it where the first line of the programs asked for it; without it bodies take more memory, and no call fails.
  globalThis.gc?.({ type: 'minor' });
}

import { afterEach, expect, test, vi } from 'vitest';
import { collectPassedOn } from '#shared/memory/collect-passed-on.ts';

const kib = 1024;
const pieceBytes = 64 * kib;

afterEach(() => void vi.unstubAllGlobals());

function passOn(bodyBytes: number): void {
  for (let bytes = pieceBytes; bytes <= bodyBytes; bytes += pieceBytes) collectPassedOn(pieceBytes, bytes);
}

test('the young generation is collected for every 4 MiB of large bodies, and never for small ones', () => {
  const gc = vi.fn<(options: object) => void>();
  vi.stubGlobal('gc', gc);
  for (let body = 0; body < 200; body += 1) passOn(192 * kib);
  expect(gc).not.toHaveBeenCalled();
  passOn(16 * 1024 * kib + 192 * kib);
  expect(gc.mock.calls).toEqual(Array.from({ length: 4 }, () => [{ type: 'minor' }]));
});

test('a node without the collector passes bodies on all the same', () => {
  vi.stubGlobal('gc', undefined);
  expect(() => passOn(16 * 1024 * kib)).not.toThrow();
});

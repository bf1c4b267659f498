import { expect, test } from 'vitest';
import { LinkError } from '#shared/errors/link-error.ts';

test.each([
  [0, 0],
  [7_000, 7_000],
  [300_000, 300_000],
  [7_200_000, 300_000],
  [Number.POSITIVE_INFINITY, 300_000],
])('of the %d ms that Retry-After asked for it keeps %d', (asked, kept) => {
  expect(new LinkError('away', { kind: 'transient', status: 503, retryAfterMs: asked }).retryAfterMs).toBe(kept);
});

import { expect, test } from 'vitest';
import { PolicyHints } from '#shared/compile/policy-hints.ts';

test('a name is compared with the names of its kind, in any case', () => {
  const hints = new PolicyHints();
  expect(hints.nearest('Quikc', ['slow', 'quick'])).toBe('quick');
  expect(hints.nearest('patient', ['slow', 'quick'])).toBeNull();
});

test('names without end cost no more than a few', () => {
  const hints = new PolicyHints();
  expect(hints.nearest('a'.repeat(65), ['a'.repeat(65)])).toBeNull();
  const many = [...Array.from({ length: 200 }, (_, index) => `other-${index}`), 'quick'];
  expect(hints.nearest('quick', many)).toBeNull();
  for (let count = 1; count < 50; count += 1) expect(hints.nearest('quikc', ['quick'])).toBe('quick');
  expect(hints.nearest('quikc', ['quick'])).toBeNull();
});

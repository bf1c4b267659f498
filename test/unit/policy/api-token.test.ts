import { expect, test } from 'vitest';
import { Sensitive } from '#shared/table/sensitive.ts';
import { createTokenCheck } from '../../../proxy/policy/api-token.ts';

const demanded = new Sensitive('s3cret', { ref: 'env DAPR_API_TOKEN', version: 'process' });

test('without a demanded token everybody passes', () => {
  const check = createTokenCheck(null);
  expect([undefined, '', 'anything'].map(check)).toEqual([true, true, true]);
});

test('only the demanded token passes', () => {
  const check = createTokenCheck(demanded);
  expect(check('s3cret')).toBe(true);
  expect([undefined, '', 's3cre', 's3cret ', 'S3cret', 's3cret, s3cret', 's3crets'].map(check)).not.toContain(true);
});

test('a token of any length is compared, not thrown over', () => {
  const check = createTokenCheck(demanded);
  expect(check('x'.repeat(100_000))).toBe(false);
  expect(check('\u0000\u00ff')).toBe(false);
});

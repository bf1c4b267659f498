import { expect, test } from 'vitest';
import { expandVariables } from '#shared/resources/expand-variables.ts';

const env = new Map([
  ['ZONE', 'eu-1'],
  ['MONEY', '$ZONE'],
]);

test.each([
  ['zone: $ZONE', 'zone: eu-1'],
  ['zone: ${ZONE}b', 'zone: eu-1b'],
  ['zone: $ZONEb', 'zone: '],
  ['zone: ${ABSENT}', 'zone: '],
  ['price: $$ZONE $$', 'price: $ZONE $'],
  ['regex: ^/a/[^/]+$', 'regex: ^/a/[^/]+$'],
  ['replacement: $1 ${1} ${', 'replacement: $1 ${1} ${'],
  ['once: $MONEY', 'once: $ZONE'],
])('expandVariables turns %j into %j', (text, expected) => {
  expect(expandVariables(text, env)).toBe(expected);
});

import { expect, test } from 'vitest';
import { defaultOptions } from '#shared/compile/default-options.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { tableChanges } from '../../../proxy/subscribe/table-changes.ts';

function table(revisionsByName: Readonly<Record<string, string>>): EndpointTable {
  const endpoints = Object.entries(revisionsByName).map(
    ([name, revision]) => [name, { state: 'refused', name, revision, reason: '', message: '' }] as const,
  );
  return { revision: '', endpointsByName: new Map(endpoints), ...defaultOptions };
}

test('tableChanges names what appeared, changed and disappeared', () => {
  expect(tableChanges(table({ a: '1', b: '1', c: '1' }), table({ b: '1', c: '2', d: '1' }))).toEqual({
    appeared: ['d'],
    changed: ['c'],
    disappeared: ['a'],
  });
});

test('tableChanges finds everything new at first', () => {
  expect(tableChanges(null, table({ a: '1' }))).toEqual({ appeared: ['a'], changed: [], disappeared: [] });
});

import { describe, expect, test } from 'vitest';
import { jsonPatch } from '../../../../operator/inject/json-patch.ts';

describe('jsonPatch', () => {
  test('knows the members of lists by their names', () => {
    const before = { list: [{ name: 'a' }, { name: 'b' }] };
    const after = { list: [{ name: 'new' }, { name: 'a', more: 1 }, { name: 'b' }, { name: 'last' }] };
    expect(jsonPatch(before, after)).toEqual([
      { op: 'remove', path: '/list/1' },
      { op: 'remove', path: '/list/0' },
      ...after.list.map((value, index) => ({ op: 'add', path: `/list/${index}`, value })),
    ]);
    expect(jsonPatch(before, { list: [{ name: 'new' }, { name: 'a', more: 1 }, { name: 'b' }] })).toEqual([
      { op: 'add', path: '/list/0', value: { name: 'new' } },
      { op: 'add', path: '/list/1/more', value: 1 },
    ]);
  });

  test('escapes keys', () => {
    expect(jsonPatch({}, { 'a/b~c': 1 })).toEqual([{ op: 'add', path: '/a~1b~0c', value: 1 }]);
  });

  test('takes long lists in its stride', () => {
    const before = Array.from({ length: 200_000 }, (_, index) => ({ name: `v${index}`, value: 'x' }));
    expect(jsonPatch(before, [...before, { name: 'last' }])).toEqual([
      { op: 'add', path: '/200000', value: { name: 'last' } },
    ]);
    expect(jsonPatch(before, before.toReversed()).length).toBeGreaterThan(200_000);
  });
});

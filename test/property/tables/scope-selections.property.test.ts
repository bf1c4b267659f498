import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isForAudience } from '#shared/compile/is-for-audience.ts';
import { scopeSelections } from '../../../operator/tables/scope-selections.ts';

const app = fc.constantFrom('a', 'b', 'c', 'd');
const resources = fc.array(fc.record({ name: fc.string(), scopes: fc.uniqueArray(app) }), { maxLength: 6 });

test('every app sees one of the selections: the one that names it, or the one of all others', () => {
  fc.assert(
    fc.property(resources, app, (all, appId) => {
      const selections = scopeSelections(all);
      const isNamed = selections.some(({ apps }) => apps.includes(appId));
      const chosen = selections.find(({ apps }) => apps.includes(isNamed ? appId : ''));
      const seen = all.filter(({ scopes }) => isForAudience({ appId, namespace: '' }, { namespace: '', scopes }));
      expect(chosen?.resources).toEqual(seen);
    }),
  );
});

test('no two of them are the same, and no app is in two', () => {
  fc.assert(
    fc.property(resources, (all) => {
      const selections = scopeSelections(all);
      const chosen = selections.map((selection) => selection.resources.map((one) => all.indexOf(one)).join());
      expect(new Set(chosen).size).toBe(chosen.length);
      const apps = selections.flatMap((selection) => selection.apps);
      expect(new Set(apps).size).toBe(apps.length);
    }),
  );
});

/** The permissions of the chart are those that the code declares for the same settings: no more, no fewer. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { rbacFor } from '../../operator/kube/rbac-for.ts';
import { goldenCases } from '../golden/golden-files.ts';
import { type ChartObject, mustRender, operatorArgs, placeOf } from './support/chart.ts';
import { helmForTests, type RunHelm } from './support/helm-for-tests.ts';

const found = await helmForTests();
const helm: RunHelm = found ?? (() => Promise.reject(new Error('there is no helm')));
const operatorNamespace = 'farpoint-system';

/** What decides, in an order of its own: labels, the order of rules and of verbs mean nothing. */
function essence(object: ChartObject): readonly [string, unknown] {
  const { roleRef, subjects } = object;
  const rules = object['rules'] as readonly Readonly<Record<string, readonly string[]>>[] | undefined;
  const sorted = rules?.map((rule) =>
    JSON.stringify(
      Object.entries(rule)
        .map(([part, names]) => [part, names.toSorted()] as const)
        .toSorted(([left], [right]) => left.localeCompare(right)),
    ),
  );
  return [placeOf(object), sorted === undefined ? { roleRef, subjects } : sorted.toSorted()];
}

function isRbac({ apiVersion }: { readonly apiVersion: string }): boolean {
  return apiVersion.startsWith('rbac.authorization.k8s.io/');
}

describe.skipIf(found === null)('the permissions', () => {
  test.each([
    ...goldenCases(join(import.meta.dirname, '../golden/chart')).map(
      ({ name, input }) => [name, parse(input) ?? {}] as const,
    ),
    ['everything at once', { watchNamespaces: ['shop', 'farpoint-system'], repair: { mode: 'evict' } }] as const,
    [
      'nothing that can be left out',
      { injection: { enabled: false }, validation: { enabled: false }, services: { enabled: false } },
    ] as const,
  ])('with the values %s', async (_name, values) => {
    const objects = await mustRender(helm, values);
    const settings = operatorSettingsFrom(operatorArgs(objects), { NAMESPACE: operatorNamespace });
    const { watchNamespaces, serviceAccount, services, repair, webhooks, ownerClusterRole } = settings;
    const declared = rbacFor({
      watchNamespaces,
      operatorNamespace,
      serviceAccount,
      hasServices: services.isOn,
      canEvict: repair.mode === 'evict',
      ownerClusterRole,
      ...webhooks,
    }) as readonly ChartObject[];
    const granted = objects.filter(isRbac);
    expect(Object.fromEntries(granted.map(essence))).toEqual(Object.fromEntries(declared.map(essence)));
    expect(granted).toHaveLength(declared.length);
  });
});

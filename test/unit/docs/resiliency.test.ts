/** docs/resiliency.md: its manifests are right, and its tables say what the code does. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const guide = readFileSync(join(root, 'docs/resiliency.md'), 'utf8');
const manifests = [...guide.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? '');

describe('the guide to Resiliency', () => {
  test('has manifests', () => {
    expect(manifests.length).toBeGreaterThanOrEqual(5);
  });

  test.each(manifests)('has a manifest without a problem: %s', (manifest) => {
    const { table, problems } = compile(snapshotOf(manifest), { appId: 'orders', namespace: '' });
    expect(problems).toEqual([]);
    expect(table.resilience.targets).not.toEqual([]);
  });

  test('has manifests that can all be applied together', () => {
    const { table, problems } = compile(snapshotOf(manifests.join('---\n')), { appId: 'orders', namespace: '' });
    expect(problems).toEqual([]);
    expect(table.resilience.resources).toHaveLength(manifests.length);
  });

  test('lists every reason', () => {
    const files = ['compile/compile-resilience.ts', 'compile/last-of-each-name.ts', 'compile/resilience-limits.ts'];
    const code = [...files, 'resources/parse-resiliency.ts'].map((file) =>
      readFileSync(join(root, 'shared', file), 'utf8'),
    );
    const reasons = code.join('\n').matchAll(/(?:reason: |#note\('\w+', )'(\w+)'/g);
    const expected = new Set([...reasons].map((match) => match[1] ?? ''));
    const listed = [...guide.matchAll(/^\| `([A-Z]\w+)` +\|/gm)].map((match) => match[1] ?? '');
    expect(listed.toSorted()).toEqual([...expected].toSorted());
  });
});

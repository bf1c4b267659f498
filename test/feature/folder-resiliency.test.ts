import { describe, expect, test } from 'vitest';
import { policiesForEndpoint, indexTargets } from '#shared/resilience/policies-for.ts';
import { watchedFolder, type WatchedFolder } from '../support/watched-folder.ts';

const patience = { interval: 5, timeout: 15_000 };

function resiliency(timeout: string, { name = 'r', more = '' } = {}): string {
  return `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata: { name: ${name} }
${more}
spec:
  policies: { timeouts: { t: ${timeout} } }
  targets: { apps: { github: { timeout: t } } }
`;
}

/** `t of r: 1000`, or `none`. */
function timeoutOf(folder: WatchedFolder): string {
  const { timeout } = policiesForEndpoint(indexTargets(folder.table().resilience), 'github', 'default').policies;
  return timeout === null ? 'none' : `${timeout.name} of ${timeout.resource}: ${timeout.timeoutMs}`;
}

describe('Resiliency in a folder', () => {
  test('is in force from the start, with every change of it, and no more once it is gone', async () => {
    const folder = await watchedFolder({ files: { 'resources/r.yaml': resiliency('1s') } });
    expect(timeoutOf(folder)).toBe('t of r: 1000');
    await folder.replace('resources/r.yaml', resiliency('2s'));
    await expect.poll(() => timeoutOf(folder), patience).toBe('t of r: 2000');
    await folder.replace('resources/r.yaml', resiliency('2s', { more: 'scopes: [payments]' }));
    await expect.poll(() => timeoutOf(folder), patience).toBe('none');
    expect(folder.problems()).toEqual([]);
  });

  test('stands with others in one file, the later before the earlier', async () => {
    const text = [resiliency('1s'), resiliency('2s', { name: 's' })].join('---\n');
    const folder = await watchedFolder({ files: { 'resources/all.yaml': text } });
    expect(timeoutOf(folder)).toBe('t of s: 2000');
    expect(folder.problems()).toEqual([
      expect.stringMatching(
        /^Overridden: spec\.policies\.timeouts\.t is not used: Resiliency s in .*all\.yaml:\d+ has/,
      ),
      expect.stringMatching(/^Overridden: spec\.targets\.apps\.github is not used/),
    ]);
  });

  test.each([
    ['is not YAML', `${resiliency('9s')}  {`, /^InvalidYaml/],
    [
      'has scopes that are none',
      resiliency('9s', { more: 'scopes: orders' }),
      'InvalidSchema: scopes must be array; what was read before stays in use',
    ],
  ])('stays as it was while its file %s', async (_what, broken, problem) => {
    const folder = await watchedFolder({ files: { 'resources/r.yaml': resiliency('1s') } });
    await folder.replace('resources/r.yaml', broken);
    await expect.poll(() => folder.problems(), patience).toEqual([expect.stringMatching(problem)]);
    expect(timeoutOf(folder)).toBe('t of r: 1000');
    await folder.replace('resources/r.yaml', resiliency('3s'));
    await expect.poll(() => timeoutOf(folder), patience).toBe('t of r: 3000');
  });

  test('that is kept of a broken file does not come before what later files say', async () => {
    const folder = await watchedFolder({
      files: {
        'resources/a.yaml': resiliency('1s', { name: 'a' }),
        'resources/b.yaml': resiliency('2s', { name: 'b' }),
      },
    });
    expect(timeoutOf(folder)).toBe('t of b: 2000');
    await folder.replace('resources/a.yaml', '{');
    await expect
      .poll(() => folder.problems().some((problem) => problem.startsWith('InvalidYaml')), patience)
      .toBe(true);
    expect(timeoutOf(folder)).toBe('t of b: 2000');
  });

  test('that is wrong in part holds in the rest', async () => {
    const text = resiliency('1s').replace('timeouts: { t: 1s }', 'timeouts: { t: 1s, wrong: soon }, retries: []');
    const folder = await watchedFolder({ files: { 'resources/r.yaml': text } });
    expect(timeoutOf(folder)).toBe('t of r: 1000');
    expect(folder.problems()).toEqual([
      'InvalidSchema: spec.policies.retries is left out: it must be object',
      'InvalidValue: spec.policies.timeouts.wrong is left out: it is no duration such as 5s, nor a whole number of milliseconds',
    ]);
  });

  test('of another apiVersion, or of none, is read all the same, as in Dapr, and the slip is named', async () => {
    const text = resiliency('1s');
    const other = text.replace('dapr.io/v1alpha1', 'dapr.io/v1beta1');
    const slipped = await watchedFolder({ files: { 'resources/r.yaml': other } });
    expect(timeoutOf(slipped)).toBe('t of r: 1000');
    expect(slipped.problems()).toEqual(['NoEffect: apiVersion should be dapr.io/v1alpha1, as which it is read']);
    const without = await watchedFolder({ files: { 'resources/r.yaml': text.replace(/^apiVersion: .*\n/, '') } });
    expect(timeoutOf(without)).toBe('t of r: 1000');
    expect(without.problems()).toEqual([]);
  });

  test('of another namespace is for nobody here', async () => {
    const text = resiliency('1s').replace('{ name: r }', '{ name: r, namespace: shop }');
    const files = { 'resources/r.yaml': text };
    expect(timeoutOf(await watchedFolder({ files, env: { NAMESPACE: 'other' } }))).toBe('none');
    expect(timeoutOf(await watchedFolder({ files, env: { NAMESPACE: 'shop' } }))).toBe('t of r: 1000');
    expect(timeoutOf(await watchedFolder({ files }))).toBe('t of r: 1000');
  });
});

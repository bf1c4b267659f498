import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runClusterSuite, type ClusterSuiteOptions } from '../../cluster/support/run-cluster-suite.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const counted = { passed: 7, failed: 0, skipped: 0 };

async function runIn(
  env: NodeJS.ProcessEnv,
  options: Partial<ClusterSuiteOptions> = {},
): Promise<{ readonly counts: typeof counted; readonly lines: readonly string[] }> {
  const lines: string[] = [];
  const counts = await runClusterSuite({
    env,
    isAskedFor: false,
    print: (line) => void lines.push(line),
    run: async () => counted,
    ...options,
  });
  return { counts, lines };
}

async function nothing(): Promise<NodeJS.ProcessEnv> {
  const folder = await temporaryFolder();
  return { PATH: folder, XDG_CACHE_HOME: folder };
}

test('the tests run where there is a control plane', async () => {
  const folder = join(await temporaryFolder(), 'assets');
  await mkdir(folder);
  for (const name of ['etcd', 'kube-apiserver', 'kubectl']) await writeFile(join(folder, name), '');
  expect(await runIn({ KUBEBUILDER_ASSETS: folder })).toEqual({ counts: counted, lines: [] });
});

test('without one they are skipped in one loud line, and counted', async () => {
  const { counts, lines } = await runIn(await nothing());
  expect(counts).toMatchObject({ passed: 0, failed: 0 });
  expect(counts.skipped).toBeGreaterThan(0);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/SKIPPED: \d+ files of tests on a real API server: neither Go .*KUBEBUILDER_ASSETS/);
});

test.each([
  ['in CI', { CI: 'true' }, false],
  ['when they were asked for', {}, true],
])('%s that is a failure', async (_when, env, isAskedFor) => {
  const { counts, lines } = await runIn({ ...(await nothing()), ...env }, { isAskedFor });
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(lines.join('\n')).toContain('FAILED');
});

test('assets that are not there are a failure everywhere', async () => {
  const { counts, lines } = await runIn({ KUBEBUILDER_ASSETS: '/nowhere' });
  expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(lines.join('\n')).toContain('/nowhere');
});

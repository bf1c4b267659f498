/** Where the programs of the control plane come from; a stand-in takes the place of Go. */
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findControlPlane, lookForControlPlane } from '../../cluster/support/find-control-plane.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const goStandIn = `#!/bin/sh
case $1 in
  env) echo go9.9.9 ;;
  build)
    for word; do case $last in -o) out=$word ;; esac; last=$word; done
    echo "CGO_ENABLED=$CGO_ENABLED $*" > "$out"
    ;;
esac
`;

/** An environment whose PATH holds sh's tools and this Go, or none. */
async function environment(go: string | null): Promise<{ readonly env: NodeJS.ProcessEnv; readonly cache: string }> {
  const root = await temporaryFolder();
  const bin = join(root, 'bin');
  await mkdir(bin);
  if (go !== null) {
    await writeFile(join(bin, 'go'), go);
    await chmod(join(bin, 'go'), 0o755);
  }
  return { env: { PATH: bin, XDG_CACHE_HOME: join(root, 'cache') }, cache: join(root, 'cache', 'farpoint') };
}

const silent = (): void => undefined;

describe('KUBEBUILDER_ASSETS', () => {
  test('comes first', async () => {
    const { env } = await environment(goStandIn);
    const folder = await temporaryFolder();
    for (const name of ['etcd', 'kube-apiserver', 'kubectl']) await writeFile(join(folder, name), '');
    const outlook = await lookForControlPlane({ ...env, KUBEBUILDER_ASSETS: folder });
    expect(outlook).toMatchObject({ state: 'ready', assets: { etcd: join(folder, 'etcd') } });
  });

  test('must hold every program', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'etcd'), '');
    await expect(lookForControlPlane({ KUBEBUILDER_ASSETS: folder })).rejects.toThrow(
      `KUBEBUILDER_ASSETS names ${folder}, which has no kube-apiserver, no kubectl`,
    );
  });
});

describe('Go', () => {
  test('builds once, without C and with the version that kubectl needs', async () => {
    const { env, cache } = await environment(goStandIn);
    expect(await lookForControlPlane(env)).toMatchObject({ state: 'buildable' });
    const assets = await findControlPlane(env, silent);
    const command = await readFile(assets.kubeApiserver, 'utf8');
    expect(command).toMatch(/^CGO_ENABLED=0 build .*-trimpath .*version\.gitVersion=v1\.\d+\.\d+ .*gitMinor=\d+/);
    expect(await lookForControlPlane(env)).toEqual({ state: 'ready', assets });
    expect(await readdir(cache)).toEqual([expect.stringMatching(/^control-plane-[0-9a-f]{16}-go9\.9\.9$/)]);
  });

  test('may build twice at once', async () => {
    const { env, cache } = await environment(goStandIn);
    const [first, second] = await Promise.all([findControlPlane(env, silent), findControlPlane(env, silent)]);
    expect(second).toEqual(first);
    expect(await readdir(cache)).toHaveLength(1);
  });

  test('leaves nothing when it fails, and says why', async () => {
    const { env, cache } = await environment(goStandIn.replace('echo "CGO', 'echo no space >&2; exit 3; echo "CGO'));
    await expect(findControlPlane(env, silent)).rejects.toThrow('go build ended with 3:\nno space');
    expect(await readdir(cache)).toEqual([]);
  });
});

describe('without Go', () => {
  test('a build that was kept serves', async () => {
    const { env } = await environment(goStandIn);
    const assets = await findControlPlane(env, silent);
    const { env: withoutGo } = await environment(null);
    expect(await lookForControlPlane({ ...withoutGo, XDG_CACHE_HOME: env['XDG_CACHE_HOME'] })).toEqual({
      state: 'ready',
      assets,
    });
  });

  test('there is none, and what is missing is said', async () => {
    const { env } = await environment(null);
    await expect(findControlPlane(env, silent)).rejects.toThrow(/neither Go .* nor does KUBEBUILDER_ASSETS/);
  });
});

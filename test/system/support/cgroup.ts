/** The cgroup that all pods of a node are in, in every hierarchy of the machine; namespace-end.sh removes it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const top = '/sys/fs/cgroup';
/** What kubelet and runc use of version 2. */
const used = ['cpu', 'cpuset', 'hugetlb', 'io', 'memory', 'pids'];

/**
 * Makes it, by this name at the top. Of version 2 a cgroup has only the controllers that those above pass on: what the top
 * did not pass on before is written to `addedFile`, to be taken back.
 */
export async function makeCgroup(name: string, addedFile: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  const hierarchies = mounts.flatMap(([, path, type]) =>
    path !== undefined && /^cgroup2?$/.test(type ?? '') ? path : [],
  );
  for (const hierarchy of hierarchies) await mkdir(join(hierarchy, name), { recursive: true });
  if (!hierarchies.includes(top)) return;
  const passedOn = join(top, 'cgroup.subtree_control');
  const [available, before] = [await words(join(top, 'cgroup.controllers')), await words(passedOn)];
  const wanted = used.filter((controller) => available.includes(controller));
  const added = wanted.filter((controller) => !before.includes(controller));
  await writeFile(addedFile, added.join('\n'));
  const changes: readonly (readonly [string, readonly string[]])[] = [
    [passedOn, added],
    [join(top, name, 'cgroup.subtree_control'), wanted],
  ];
  for (const [file, controllers] of changes) {
    await writeFile(file, controllers.map((controller) => `+${controller}`).join(' ')).catch((error: unknown) => {
      throw new Error(
        `${file} does not take ${controllers.join(' ')}; in a container, no process may be in its top cgroup`,
        {
          cause: error,
        },
      );
    });
  }
}

async function words(file: string): Promise<readonly string[]> {
  return (await readFile(file, 'utf8')).trim().split(' ');
}

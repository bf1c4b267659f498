/** The cgroup that all pods of a node are in, in every hierarchy of the machine; namespace-end.sh removes it. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const top = '/sys/fs/cgroup';

/** Makes it, by this name at the top. */
export async function makeCgroup(name: string): Promise<void> {
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').map((line) => line.split(' '));
  const hierarchies = mounts.flatMap(([, path, type]) =>
    path !== undefined && /^cgroup2?$/.test(type ?? '') ? path : [],
  );
  for (const hierarchy of hierarchies) await mkdir(join(hierarchy, name), { recursive: true });
  if (!hierarchies.includes(top)) return;
  // Version 2: children have only the controllers that are passed on to them.
  const controllers = (await readFile(join(top, 'cgroup.controllers'), 'utf8')).trim().split(' ');
  for (const folder of [top, join(top, name)]) {
    await writeFile(
      join(folder, 'cgroup.subtree_control'),
      controllers.map((controller) => `+${controller}`).join(' '),
    );
  }
}

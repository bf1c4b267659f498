/** Runs a program of an image without any container engine: its files as the root, read-only, and its user. Root on Linux only. */
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { imageNode } from '../../images/base-layer.ts';
import type { ProgramName } from '../../images/image-plans.ts';
import { nodeFlagsOf } from './node-flags-of.ts';

export interface ImageCommandOptions {
  /** That the images were built into. */
  readonly folder: string;
  readonly name: ProgramName;
  /** More files of the root, by their absolute paths: what a pod would mount. */
  readonly files: Readonly<Record<string, string>>;
  /** An empty folder for them. */
  readonly filesFolder: string;
  readonly args: readonly string[];
  readonly user?: number;
  /** More flags of node. */
  readonly nodeFlags?: readonly string[];
}

const main = join(import.meta.dirname, '../../cli/main.ts');
/** The mounts are seen by this process alone, and end with it. */
const script = `
  user=$1 lower=$2 root=$3; shift 3
  mount -t overlay -o ro,lowerdir="$lower" overlay "$root" && mount -t proc proc "$root/proc" &&
  exec chroot --userspec="$user:$user" "$root" "$@"`;

/** The command; it becomes the program, with the process id that it was started with. */
export async function imageCommand(options: ImageCommandOptions): Promise<readonly string[]> {
  const { folder, name, files, filesFolder, args, user = 65_532, nodeFlags = [] } = options;
  // It is the root itself, and others than root shall read it.
  await chmod(filesFolder, 0o755);
  await mkdir(join(filesFolder, 'proc'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(filesFolder, path, '..'), { recursive: true });
    await writeFile(join(filesFolder, path), text);
  }
  const [base, program] = [join(folder, 'base'), join(folder, name)];
  const lower = [filesFolder, program, base].join(':');
  const inside = [imageNode, ...nodeFlagsOf(main), ...nodeFlags, `/farpoint/${name}.js`, ...args];
  // No variable of this machine: SSL_CERT_FILE and the like mean nothing inside.
  return [
    'env',
    '-i',
    'PATH=/usr/sbin:/usr/bin:/sbin:/bin',
    'unshare',
    '--mount',
    'sh',
    '-c',
    script,
    'sh',
    String(user),
    lower,
    base,
    ...inside,
  ];
}

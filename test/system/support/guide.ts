/** What stands in docs/kubernetes.md to be copied, and a shell to run its commands in as a reader would. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { ClusterAccess } from './cluster-access.ts';

const root = join(import.meta.dirname, '../../..');

export interface GuideBlock {
  /** Of the line that it begins at. */
  readonly line: number;
  /** The nearest one above. */
  readonly heading: string;
  /** What a paragraph of the troubleshooting above it begins with; `''` elsewhere. */
  readonly symptom: string;
  readonly text: string;
}

/** In order; by default all that readers are told to run. */
export async function guideBlocks(language = 'sh'): Promise<readonly GuideBlock[]> {
  const lines = (await readFile(join(root, 'docs/kubernetes.md'), 'utf8')).split('\n');
  const blocks: GuideBlock[] = [];
  let [heading, symptom] = ['', ''];
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    if (line.startsWith('#')) [heading, symptom] = [line.replace(/^#+ /, ''), ''];
    symptom = /^\*\*(.+?)\.\*\*/.exec(line)?.[1] ?? symptom;
    if (!line.startsWith('```')) continue;
    const end = lines.indexOf('```', index + 1);
    if (line === `\`\`\`${language}`) {
      blocks.push({ line: index + 2, heading, symptom, text: lines.slice(index + 1, end).join('\n') });
    }
    index = end;
  }
  return blocks;
}

/** Resolves with all that commands print; throws it when one fails. */
export type Shell = (commands: string) => Promise<string>;

/** In a folder that looks like a clone, with kubectl and helm on the PATH. */
export async function guideShell({ kubeconfigPath, kubectlPath, helmPath }: ClusterAccess): Promise<Shell> {
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-guide-'));
  for (const name of ['charts', 'examples']) await symlink(join(root, name), join(folder, name));
  const home = join(folder, 'home');
  await mkdir(home);
  const path = [dirname(kubectlPath), dirname(helmPath), process.env['PATH'] ?? ''].join(delimiter);
  return async (commands) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${commands}`], {
      cwd: folder,
      env: { PATH: path, HOME: home, KUBECONFIG: kubeconfigPath },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const over = once(child, 'close') as Promise<[number | null]>;
    const [output, [code]] = await Promise.all([text(child.stdout), over]);
    if (code !== 0) throw new Error(`${commands}\nended with ${code}:\n${output}`);
    return output;
  };
}

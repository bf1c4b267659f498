/** The processes of containers, as the node sees them: the test is on the node. */
import { readdir, readFile } from 'node:fs/promises';

/** The process id of one that has this among its arguments; `state` is a letter of ps, if it must be in one. */
export async function containerProcess(argument: string, state = ''): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const read = (file: string): Promise<string> => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
    const isIt = (await read('cmdline')).split('\0').includes(argument);
    if (isIt && (await read('status')).includes(`State:\t${state}`)) return Number(pid);
  }
  throw new Error(`there is no process with ${argument}`);
}

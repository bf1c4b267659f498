/**
 * `node <flags> warm-up-main.ts NAME FOLDER COMMANDS NODE_FLAG…`: runs a script as pods do, and writes what V8 compiled.
 * Each message from the parent starts the next command of COMMANDS (JSON, a list of argument lists); the one after the
 * last writes the file and ends. Nothing else happens in this process, so that what V8 makes is the same each time.
 */
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { readScript, runScript, scriptFiles } from '../programs/compiled-script.ts';
import { setFlagsOfPod } from './flags.ts';

type Command = (argv: readonly string[], env: Readonly<Record<string, string>>) => Promise<void>;

const [name = '', folder = '', commands = '[]', ...nodeFlags] = process.argv.slice(2);
const waiting = JSON.parse(commands) as string[][];
const script = readScript(folder, name, 'source');
const require = createRequire(import.meta.url);

process.on('message', () => {
  const argv = waiting.shift();
  if (argv === undefined) writeAndEnd();
  else void commandOf(runScript(script, require))(argv, { NAMESPACE: 'default' });
});

/** The script exports one function. */
function commandOf(exported: unknown): Command {
  const [command] = Object.values(exported as Record<string, Command>);
  if (command === undefined) throw new Error('the script exports nothing');
  return command;
}

function writeAndEnd(): void {
  setFlagsOfPod(name, nodeFlags);
  writeFileSync(join(folder, scriptFiles(name).compiled), script.createCachedData());
  process.exit();
}

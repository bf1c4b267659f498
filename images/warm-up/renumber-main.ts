/**
 * `node <flags> renumber-main.ts NAME FOLDER NODE_FLAG…`: reads compiled code and writes it again. V8 numbers functions as
 * they are compiled, and two events may change places; read anew, they are numbered as they stand in the file.
 * Fails when V8 does not take the compiled code as it is.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readScript, scriptFiles } from '../programs/compiled-script.ts';
import { setFlagsOfPod } from './flags.ts';

const [name = '', folder = '', ...nodeFlags] = process.argv.slice(2);

setFlagsOfPod(name, nodeFlags);
const script = readScript(folder, name, 'compiled');
if (script.cachedDataRejected !== false) throw new Error('V8 does not take what it compiled');
writeFileSync(join(folder, scriptFiles(name).compiled), script.createCachedData());

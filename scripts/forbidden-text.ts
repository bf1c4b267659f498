/** Fails when a file of the tree holds text that must never be there: verification of certificates turned off, a machine's path. */
import { globSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { findForbiddenText } from './find-forbidden-text.ts';

const root = path.join(import.meta.dirname, '..');
const notOurs = ['node_modules', '.git', 'dist', '.tsbuild', '.run', 'coverage'];
/** They hold the very text they look for. */
const finders = new Set(['scripts/find-forbidden-text.ts', 'test/unit/scripts/find-forbidden-text.test.ts']);

const files = globSync('**/*', { cwd: root, exclude: (name) => notOurs.includes(path.basename(name)) }).filter(
  (file) => !finders.has(file) && statSync(path.join(root, file)).isFile(),
);
const findings = files.flatMap((file) => findForbiddenText(file, readFileSync(path.join(root, file), 'utf8')));
for (const finding of findings) process.stderr.write(`${finding}\n`);
process.exitCode = findings.length === 0 && files.length > 0 ? 0 : 1;

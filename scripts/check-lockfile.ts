/** Fails when `npm ci` would: package-lock.json must describe package.json, and name no registry. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';

type Manifest = Readonly<Record<string, unknown>>;
type Lockfile = { readonly packages: Readonly<Record<string, Manifest>> };

const root = path.join(import.meta.dirname, '..');
const manifest = readJson('package.json') as Manifest;
const { packages } = readJson('package-lock.json') as Lockfile;

const mistakes = [
  ...['name', 'version', 'dependencies', 'devDependencies', 'engines']
    .filter((field) => !isDeepStrictEqual(manifest[field], packages['']?.[field]))
    .map((field) => `package-lock.json does not match package.json in "${field}".`),
  ...Object.entries(packages)
    .filter(([, entry]) => 'resolved' in entry)
    .map(
      ([name]) => `package-lock.json names the registry of ${name}: .npmrc keeps omit-lockfile-registry-resolved=true.`,
    ),
];
for (const mistake of mistakes) process.stderr.write(`${mistake}\n`);
process.exitCode = mistakes.length === 0 ? 0 : 1;

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(path.join(root, file), 'utf8'));
}

// Installs node_modules when it is missing or differs from package-lock.json, and says nothing otherwise.
// Plain JavaScript without packages: it runs on the machine's own Node, before ours is there.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const oldestMajor = 20;
const root = path.join(import.meta.dirname, '..');

if (Number(process.versions.node.split('.')[0]) < oldestMajor) {
  fail(`Farpoint needs Node ${oldestMajor} or newer to install itself; this is ${process.version}.`);
}
const reason = reasonToInstall();
if (reason !== '') install(reason);

function reasonToInstall() {
  const wanted = packagesIn('package-lock.json');
  const installed = packagesIn('node_modules/.package-lock.json');
  if (wanted === null)
    fail('package-lock.json is missing or unreadable: restore it with `git checkout package-lock.json`.');
  if (installed === null) return 'nothing is installed yet';
  for (const [name, entry] of Object.entries(wanted)) {
    if (name === '') continue;
    const present = installed[name];
    // Optional packages are built for one platform each; npm leaves out those of others.
    if (present === undefined && entry.optional) continue;
    if (present?.version !== entry.version || present.integrity !== entry.integrity) return `${name} is not as locked`;
  }
  // The package `node` fetches its binary in an install script, which an interrupted install leaves out.
  return existsSync(path.join(root, 'node_modules/.bin/node')) ? '' : 'Node 26 is not installed yet';
}

function packagesIn(file) {
  try {
    return JSON.parse(readFileSync(path.join(root, file), 'utf8')).packages;
  } catch {
    return null;
  }
}

function install(why) {
  process.stderr.write(`Installing packages with npm ci, about half a minute: ${why}.\n`);
  // Never by the binary that is about to be replaced.
  const searchPath = (process.env.PATH ?? '').split(path.delimiter).filter((dir) => !dir.endsWith('node_modules/.bin'));
  const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, PATH: searchPath.join(path.delimiter) },
  });
  if (status !== 0) fail('npm ci failed; its message is above. A registry that npm can reach is all it needs.');
  const still = reasonToInstall();
  if (still !== '') fail(`npm ci ended well, yet ${still}. Remove node_modules and try again.`);
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

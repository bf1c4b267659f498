/** `make generate`: writes every generated file. With `--check`: fails when one of them is not what it would write. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { generatedChart } from './generate-chart.ts';
import { generatedValidators } from './generate-validators.ts';

const root = path.join(import.meta.dirname, '..');
const isCheck = process.argv.includes('--check');

for (const file of [...(await generatedValidators()), ...(await generatedChart())]) {
  const target = path.join(root, file.path);
  const present = await readFile(target, 'utf8').catch(() => null);
  if (present === file.text) continue;
  if (isCheck) {
    console.error(`${file.path} is stale: run make generate`);
    process.exitCode = 1;
    continue;
  }
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, file.text);
  console.log(`wrote ${file.path}`);
}

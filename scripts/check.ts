/** `make check`: runs every check, two at a time, prints the output of those that fail, and counts each as one. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { writeCounts } from './counts.ts';

interface Check {
  readonly name: string;
  /** A tool of node_modules/.bin or a script of ours, with its arguments. */
  readonly command: readonly string[];
  readonly whatToDo: string;
}

interface Outcome {
  readonly check: Check;
  readonly isPassed: boolean;
  readonly output: string;
  readonly seconds: number;
}

const root = path.join(import.meta.dirname, '..');
const tools = path.join(root, 'node_modules/.bin');

const checks: readonly Check[] = [
  { name: 'types', command: [`${tools}/tsc`, '-b'], whatToDo: 'make types' },
  { name: 'lint', command: [`${tools}/oxlint`], whatToDo: 'make lint' },
  { name: 'format', command: [`${tools}/oxfmt`, '--check', '.'], whatToDo: 'make fmt' },
  { name: 'unused files, exports and packages', command: [`${tools}/knip`, '--no-progress'], whatToDo: 'make knip' },
  { name: 'forbidden text', command: ['scripts/forbidden-text.ts'], whatToDo: 'see the sentence beside each line' },
  { name: 'lockfile', command: ['scripts/check-lockfile.ts'], whatToDo: 'npm install' },
  { name: 'generated files fresh', command: ['scripts/generate.ts', '--check'], whatToDo: 'make generate' },
  {
    name: 'goldens fresh',
    command: [`${tools}/vitest`, 'run', '--config', 'test/vitest.config.ts', '--reporter=dot', 'golden'],
    whatToDo: 'make golden',
  },
];
const checksAtOnce = 2;

const outcomes: Outcome[] = [];
const waiting = [...checks];
await Promise.all(Array.from({ length: checksAtOnce }, runWaitingChecks));
writeCounts('check', {
  passed: outcomes.filter(({ isPassed }) => isPassed).length,
  failed: outcomes.filter(({ isPassed }) => !isPassed).length,
  skipped: 0,
});
process.exitCode = outcomes.every(({ isPassed }) => isPassed) ? 0 : 1;

async function runWaitingChecks(): Promise<void> {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    const outcome = await runCheck(check);
    outcomes.push(outcome);
    process.stdout.write(report(outcome));
  }
}

function runCheck(check: Check): Promise<Outcome> {
  const startMs = performance.now();
  const child = spawn(process.execPath, check.command, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: 'true' },
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ check, isPassed: code === 0, output, seconds: (performance.now() - startMs) / 1000 });
    });
  });
}

function report({ check, isPassed, output, seconds }: Outcome): string {
  const line = `${isPassed ? 'ok    ' : 'FAILED'} ${check.name} (${seconds.toFixed(1)} s)\n`;
  return isPassed ? line : `\n${line}${output.trimEnd()}\n       what to do: ${check.whatToDo}\n\n`;
}

/**
 * Golden files: `<subject>-<condition>.in.yaml` beside `….out.yaml`, one behaviour a pair. `make golden` rewrites the
 * outputs; in `make check` a missing or different one fails. Vitest does not notice an output without an input.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface GoldenCase {
  readonly name: string;
  readonly input: string;
  readonly outputFile: string;
}

/** Inputs longer than this show more than one behaviour. */
const maxInputLines = 60;

/** The cases of a folder, in order of name. */
export function goldenCases(folder: string): readonly GoldenCase[] {
  return namesWith(folder, '.in.yaml').map((name) => {
    const input = readFileSync(path.join(folder, `${name}.in.yaml`), 'utf8');
    return { name, input, outputFile: path.join(folder, `${name}.out.yaml`) };
  });
}

/** Outputs without an input, files that are neither, and inputs that are too long. */
export function strayFiles(folder: string): readonly string[] {
  const inputs = new Set(namesWith(folder, '.in.yaml'));
  const neither = readdirSync(folder).filter((file) => !/^[a-z0-9]+(?:-[a-z0-9]+)+\.(?:in|out)\.yaml$/.test(file));
  const tooLong = goldenCases(folder).filter(({ input }) => input.split('\n').length > maxInputLines + 1);
  return [
    ...namesWith(folder, '.out.yaml')
      .filter((name) => !inputs.has(name))
      .map((name) => `${name}.out.yaml has no input`),
    ...neither.map((file) => `${file} is neither an input nor an output`),
    ...tooLong.map(({ name }) => `${name}.in.yaml has more than ${maxInputLines} lines`),
  ];
}

function namesWith(folder: string, ending: string): readonly string[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(ending));
  return files.map((file) => file.slice(0, -ending.length)).toSorted();
}

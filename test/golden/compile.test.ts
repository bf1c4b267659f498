import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runCompileCase } from './compile-case.ts';
import { goldenCases, strayFiles } from './golden-files.ts';
import { makeTlsMaterial } from './tls-material.ts';

const folder = path.join(import.meta.dirname, 'compile');

describe('compile', () => {
  let material: ReadonlyMap<string, string>;

  beforeAll(async () => {
    material = await makeTlsMaterial();
  });

  test.each(goldenCases(folder))('$name', async ({ input, outputFile }) => {
    await expect(runCompileCase(input, material)).toMatchFileSnapshot(outputFile);
  });

  test('every output has its input, every input shows one thing', () => {
    expect(strayFiles(folder)).toEqual([]);
  });
});

import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { runTablesCase } from './tables-case.ts';
import { goldenCases, strayFiles } from './golden-files.ts';
import { makeTlsMaterial } from './tls-material.ts';

const folder = path.join(import.meta.dirname, 'tables');

describe('tables', () => {
  let material: ReadonlyMap<string, string>;

  beforeAll(async () => {
    material = await makeTlsMaterial();
  });

  test.each(goldenCases(folder))('$name', async ({ input, outputFile }) => {
    await expect(runTablesCase(input, material)).toMatchFileSnapshot(outputFile);
  });

  test('every output has its input, every input shows one thing', () => {
    expect(strayFiles(folder)).toEqual([]);
  });
});

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { imagePlans } from '../../../images/image-plans.ts';
import { nodeFlagsOf } from '../../support/node-flags-of.ts';

const root = join(import.meta.dirname, '../../..');
const dockerfile = readFileSync(join(root, 'images/Dockerfile'), 'utf8').replaceAll('\\\n', ' ');
const [, base = '', ...stages] = dockerfile.split(/^FROM /m);
const plans = imagePlans({ version: '1.2.3', nodeFlags: nodeFlagsOf(join(root, 'cli/main.ts')) });

/** The values of an instruction. */
function values(stage: string, instruction: string): readonly string[] {
  return [...stage.matchAll(new RegExp(`^${instruction} (.*)$`, 'gm'))].map(([, value = '']) => value.trim());
}

describe('Dockerfile', () => {
  test('has a target for each image', () => {
    expect(stages.map((stage) => stage.split('\n', 1)[0])).toEqual(plans.map(({ name }) => `base AS ${name}`));
  });

  test.for(plans)('says of $name what its archive says', ({ name, config }) => {
    const stage = stages.find((text) => text.startsWith(`base AS ${name}\n`)) ?? '';
    expect(values(base, 'USER')).toEqual([config.User]);
    expect(values(base, 'WORKDIR')).toEqual([config.WorkingDir]);
    expect(values(base, 'ENV')).toEqual(config.Env);
    expect(JSON.parse(values(stage, 'ENTRYPOINT')[0] ?? '')).toEqual(config.Entrypoint);
    const labels = [...values(base, 'LABEL'), ...values(stage, 'LABEL')].join(' ').replace('$VERSION', '1.2.3');
    const pairs = [...labels.matchAll(/(\S+?)=(?:"([^"]*)"|(\S+))/g)].map(([, key = '', quoted, plain]) => [
      key,
      quoted ?? plain,
    ]);
    expect(Object.fromEntries(pairs)).toEqual(config.Labels);
  });

  test('copies the folder of the image over the one that all share', () => {
    expect(values(base, 'COPY')).toEqual(['base/ /']);
    expect(stages.map((stage) => values(stage, 'COPY'))).toEqual(plans.map(({ name }) => [`${name}/ /`]));
  });

  test('pulls nothing', () => {
    expect(base.startsWith('scratch AS base\n')).toBe(true);
  });
});

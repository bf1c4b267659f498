/** Builds an image by the Dockerfile, where docker or buildah works. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { ImagePlan } from './image-plans.ts';

const run = promisify(execFile);
const dockerfile = join(import.meta.dirname, 'Dockerfile');

export interface EngineBuild {
  readonly plan: ImagePlan;
  readonly version: string;
  /** Holds the folders of the layers. */
  readonly folder: string;
  /** The archive to write. */
  readonly file: string;
}

export interface ContainerEngine {
  readonly name: 'docker' | 'buildah';
  build(options: EngineBuild): Promise<void>;
}

const engines: readonly ContainerEngine[] = [
  {
    name: 'docker',
    async build({ file, ...options }) {
      await run('docker', ['build', '--quiet', ...commonOptions(options)]);
      await run('docker', ['save', '--output', file, options.plan.reference]);
    },
  },
  {
    name: 'buildah',
    async build({ file, ...options }) {
      await run('buildah', ['build', '--quiet', '--timestamp=0', ...commonOptions(options)]);
      // It does not write over a file.
      await rm(file, { force: true });
      await run('buildah', [
        'push',
        '--quiet',
        options.plan.reference,
        `docker-archive:${file}:${options.plan.reference}`,
      ]);
    },
  },
];

/** The first one that answers, `null` when there is none. */
export async function findContainerEngine(): Promise<ContainerEngine | null> {
  for (const engine of engines) {
    const answers = await run(engine.name, ['info']).then(
      () => true,
      () => false,
    );
    if (answers) return engine;
  }
  return null;
}

function commonOptions({ plan, version, folder }: Omit<EngineBuild, 'file'>): readonly string[] {
  const build = ['--file', dockerfile, '--target', plan.name, '--build-arg', `VERSION=${version}`];
  return [...build, '--tag', plan.reference, folder];
}

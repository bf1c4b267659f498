/** helm, as a user has it, with folders of its own: whatever else is on the machine changes nothing. */
import { join } from 'node:path';
import { runToEnd, type EndedProgram } from './run-to-end.ts';

export interface HelmOptions {
  /** Goes to `--values=-`, for one. */
  readonly stdin?: string;
  /** Path; none: no cluster is asked. */
  readonly kubeconfig?: string;
}

export interface HelmSite {
  readonly program: string;
  /** Holds what helm keeps. */
  readonly folder: string;
}

/** Runs it to its end. Does not reject when helm fails. */
export function runHelm(
  { program, folder }: HelmSite,
  args: readonly string[],
  { stdin = '', kubeconfig = join(folder, 'none') }: HelmOptions = {},
): Promise<EndedProgram> {
  return runToEnd(program, args, {
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      KUBECONFIG: kubeconfig,
      HELM_CACHE_HOME: join(folder, 'cache'),
      HELM_CONFIG_HOME: join(folder, 'config'),
      HELM_DATA_HOME: join(folder, 'data'),
    },
    stdin,
  });
}

/** Farpoint as a pod runs it: the bundle, metrics on, the defaults of every flag. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeFlagsOf } from '../support/node-flags-of.ts';
import { MeasuredProcess } from './measured-process.ts';

const bundle = join(import.meta.dirname, '..', '..', 'dist', 'proxy.js');

export interface FarpointOptions {
  readonly port: number;
  readonly metricsPort: number;
  readonly resourcesPath: string;
  /** The file of a Configuration; absent: none. */
  readonly configPath?: string;
}

/** Whether `make build` has been there. */
export async function hasBundle(): Promise<boolean> {
  return access(bundle).then(
    () => true,
    () => false,
  );
}

/** The command line of the proxy. */
export function farpointCommand(options: FarpointOptions): readonly string[] {
  return [
    process.execPath,
    ...nodeFlagsOf(bundle),
    bundle,
    '--app-id=bench',
    `--dapr-http-port=${options.port}`,
    `--metrics-port=${options.metricsPort}`,
    '--metrics-listen-address=127.0.0.1',
    `--resources-path=${options.resourcesPath}`,
    ...(options.configPath === undefined ? [] : [`--config=${options.configPath}`]),
  ];
}

/** Starts it, in a process of its own. */
export function startFarpoint(options: FarpointOptions): Promise<MeasuredProcess> {
  return MeasuredProcess.start(farpointCommand(options));
}

/** The proxy's side of the push channel alone: real TLS, time that stands still, chance and DNS as the test wants them. */
import { onTestFinished } from 'vitest';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { ControlPlaneTables, type ControlPlaneTablesOptions } from '../../proxy/subscribe/control-plane-tables.ts';
import { ManualClock } from './manual-clock.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

export interface TablesOptions {
  readonly port: number;
  readonly tokenFile: string;
  readonly caFile: string;
  readonly host?: string;
  /** What the host's name leads to; 127.0.0.1 when not given. */
  readonly addresses?: readonly string[];
  /** In [0, 1); 0.5 when not given. */
  readonly random?: () => number;
  readonly args?: readonly string[];
  /** Called with each table before it counts as applied. */
  readonly apply?: ControlPlaneTablesOptions['apply'];
}

export interface StartedTables {
  readonly tables: ControlPlaneTables;
  readonly applied: readonly EndpointTable[];
  readonly lines: readonly LogLine[];
  readonly clock: ManualClock;
  /** Reasons of lines that say there is no connection, those at debug too when asked for. */
  readonly reasons: (levels?: readonly LogLine['level'][]) => readonly string[];
  readonly stop: () => void;
}

/** Runs until the test ends, for app `orders` in namespace `shop`. */
export async function startControlPlaneTables(options: TablesOptions): Promise<StartedTables> {
  const { port, tokenFile, caFile, host = 'localhost', addresses = ['127.0.0.1'], random = () => 0.5 } = options;
  const argv = [
    '--mode=kubernetes',
    '--app-id=orders',
    `--control-plane-address=${host}:${port}`,
    `--control-plane-token-file=${tokenFile}`,
    `--control-plane-ca-file=${caFile}`,
    ...(options.args ?? []),
  ];
  const settings = proxySettingsFrom(argv, { NAMESPACE: 'shop' });
  const { controlPlane } = settings;
  if (controlPlane === null) throw new Error('not in kubernetes mode');
  const clock = new ManualClock();
  const lines: LogLine[] = [];
  const applied: EndpointTable[] = [];
  const tables = new ControlPlaneTables({
    settings,
    controlPlane,
    logger: memoryLogger(lines),
    clock,
    version: 'test',
    apply: (table) => {
      const switching = options.apply?.(table) ?? null;
      applied.push(table);
      return switching;
    },
    lookUp: async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    random,
  });
  await tables.restore();
  const end = new AbortController();
  const running = tables.run(end.signal);
  const stop = (): void => end.abort();
  onTestFinished(async () => {
    stop();
    await running;
  });
  return {
    tables,
    applied,
    lines,
    clock,
    reasons: (levels = ['warn']) =>
      lines
        .filter(({ level, message }) => message === 'no connection to the control plane' && levels.includes(level))
        .map(({ fields }) => String(fields['reason'])),
    stop,
  };
}

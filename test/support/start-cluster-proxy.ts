/** A real proxy in kubernetes mode in this process, on free ports. */
import { onTestFinished } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { startProxy, type RunningProxy } from '../../proxy/start-proxy.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

export interface ClusterProxyOptions {
  /** `host:port`. */
  readonly address: string;
  readonly tokenFile: string;
  readonly caFile: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ClusterProxy {
  readonly port: number;
  readonly metricsPort: number;
  readonly running: RunningProxy;
  readonly lines: readonly LogLine[];
  /** Ends it before the test does. */
  stop(): Promise<void>;
}

/** Starts a proxy for app `orders` in namespace `shop`; it ends with the test. */
export async function startClusterProxy(options: ClusterProxyOptions): Promise<ClusterProxy> {
  const settings = proxySettingsFrom(
    [
      '--mode=kubernetes',
      '--app-id=orders',
      '--dapr-http-port=0',
      '--metrics-port=0',
      '--metrics-listen-address=127.0.0.1',
      `--control-plane-address=${options.address}`,
      `--control-plane-token-file=${options.tokenFile}`,
      `--control-plane-ca-file=${options.caFile}`,
      ...(options.args ?? []),
    ],
    { NAMESPACE: 'shop', ...options.env },
  );
  const lines: LogLine[] = [];
  const running = await startProxy(settings, { logger: memoryLogger(lines), clock: systemClock, version: 'test' });
  const stop = async (): Promise<void> => {
    running.shutdown();
    await running.ended;
  };
  onTestFinished(stop);
  return { port: running.apiPort ?? 0, metricsPort: running.metricsPort ?? 0, running, lines, stop };
}

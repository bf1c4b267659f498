/** A real proxy in this process, for app `orders`, on free ports. */
import { onTestFinished } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { startProxy, type RunningProxy } from '../../proxy/start-proxy.ts';
import { memoryLogger, type LogLine } from './memory-logger.ts';

export interface ProxyInTest {
  readonly port: number;
  readonly running: RunningProxy;
  readonly lines: readonly LogLine[];
  /** Ends it before the test does. */
  readonly stop: () => Promise<void>;
}

/** Starts it; it ends with the test. */
export async function runProxy(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ProxyInTest> {
  const onFreePorts = [
    '--app-id=orders',
    '--dapr-http-port=0',
    '--metrics-port=0',
    '--metrics-listen-address=127.0.0.1',
  ];
  const settings = proxySettingsFrom([...onFreePorts, ...args], env);
  const lines: LogLine[] = [];
  const running = await startProxy(settings, { logger: memoryLogger(lines), clock: systemClock, version: 'test' });
  const stop = async (): Promise<void> => {
    running.shutdown();
    await running.ended;
  };
  onTestFinished(stop);
  return { port: running.apiPort ?? 0, running, lines, stop };
}

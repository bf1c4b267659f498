/**
 * `farpoint proxy`: reads the settings, runs the proxy until it is told to stop, and sets the exit code.
 * 0: ended gracefully. 1: could not start, or was forced to end. 2: the settings are wrong.
 */
import { hostname } from 'node:os';
import { systemClock } from '#shared/clock/clock.ts';
import { ConfigError } from '#shared/errors/config-error.ts';
import { createLogger } from '#shared/logger/logger.ts';
import type { Environment } from '#shared/settings/parse-flags.ts';
import { proxyModeFrom } from '#shared/settings/proxy-mode.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';
import { buildInfo } from './build-info.ts';
import { endProcess } from './end-process.ts';
import { exitOnBug } from './exit-on-bug.ts';
import { print, printError } from './print.ts';
import { startFailureText } from './start-failure-text.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { version } from './version.ts';
import { waitUntilOutboundReady } from './wait-until-outbound-ready.ts';

/** Runs `farpoint proxy` with its arguments. Resolves when the process is about to end. */
export async function runProxyCommand(argv: readonly string[], env: Environment): Promise<void> {
  try {
    endProcess(await runMode(argv, env));
  } catch (error) {
    printError(startFailureText('proxy', error));
    endProcess(error instanceof ConfigError ? 2 : 1);
  }
}

async function runMode(argv: readonly string[], env: Environment): Promise<number> {
  const mode = proxyModeFrom(argv, env);
  switch (mode.kind) {
    case 'help': {
      const { proxyUsage } = await import('#shared/settings/proxy-usage.ts');
      print(proxyUsage());
      return 0;
    }
    case 'version':
      print(`${version}\n`);
      return 0;
    case 'build-info':
      print(buildInfo());
      return 0;
    case 'wait':
      return (await waitUntilOutboundReady(mode, { clock: systemClock, report: printErrorLine })) ? 0 : 1;
    case 'run':
      return runProxy(proxySettingsFrom(argv, env));
  }
}

async function runProxy(settings: ProxySettings): Promise<number> {
  const logger = createLogger({
    ...settings.log,
    fields: { app_id: settings.appId, instance: hostname(), type: 'log', ver: version },
  });
  exitOnBug(logger);
  if (settings.ignoredFlags.length > 0) {
    logger.info('these flags have no effect on invocation', { flags: settings.ignoredFlags });
  }
  const stopping = stopOnSignals(logger);
  // Loaded here: printing and waiting need none of it.
  const { startProxy } = await import('../proxy/start-proxy.ts');
  const running = await startProxy(settings, { logger, clock: systemClock, version });
  void stopping.then(() => running.shutdown());
  return (await running.ended) === 'graceful' ? 0 : 1;
}

function printErrorLine(line: string): void {
  printError(`${line}\n`);
}

/**
 * `farpoint operator`: reads the settings, runs the operator until it is told to stop, and sets the exit code.
 * 0: ended gracefully. 1: could not start, or was forced to end. 2: the settings are wrong.
 */
import { systemClock } from '#shared/clock/clock.ts';
import { ConfigError } from '#shared/errors/config-error.ts';
import { createLogger } from '#shared/logger/logger.ts';
import { operatorModeFrom } from '#shared/settings/operator-mode.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import type { OperatorSettings } from '#shared/settings/operator-settings.ts';
import type { Environment } from '#shared/settings/parse-flags.ts';
import { endProcess } from './end-process.ts';
import { exitOnBug } from './exit-on-bug.ts';
import { print, printError } from './print.ts';
import { startFailureText } from './start-failure-text.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { version } from './version.ts';

/** Runs `farpoint operator` with its arguments. Resolves when the process is about to end. */
export async function runOperatorCommand(argv: readonly string[], env: Environment): Promise<void> {
  try {
    endProcess(await runMode(argv, env));
  } catch (error) {
    printError(startFailureText('operator', error));
    endProcess(error instanceof ConfigError ? 2 : 1);
  }
}

async function runMode(argv: readonly string[], env: Environment): Promise<number> {
  switch (operatorModeFrom(argv, env)) {
    case 'help': {
      const { operatorUsage } = await import('#shared/settings/operator-usage.ts');
      print(operatorUsage());
      return 0;
    }
    case 'version':
      print(`${version}\n`);
      return 0;
    case 'run':
      return runOperator(operatorSettingsFrom(argv, env));
  }
}

async function runOperator(settings: OperatorSettings): Promise<number> {
  const logger = createLogger({
    ...settings.log,
    file: '',
    fields: { instance: settings.replicaName, type: 'log', ver: version },
  });
  exitOnBug(logger);
  const stopping = stopOnSignals(logger);
  // Loaded here: printing needs none of it.
  const { startOperator } = await import('../operator/start-operator.ts');
  const running = await startOperator(settings, { logger, clock: systemClock, version });
  void stopping.then(() => running.shutdown());
  return (await running.ended) === 'graceful' ? 0 : 1;
}

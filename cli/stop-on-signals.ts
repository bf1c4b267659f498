/** SIGTERM and SIGINT, as daprd takes them: the first asks for a graceful end, the second ends at once. */
import type { Logger } from '#shared/logger/logger.ts';

/** Resolves at the first signal. SIGHUP changes nothing: what is on disk applies in place. */
export function stopOnSignals(logger: Logger): Promise<void> {
  process.on('SIGHUP', () => {
    logger.info('SIGHUP is not needed: a change on disk applies by itself');
  });
  return new Promise((resolve) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      logger.info('stopping; a second signal ends at once', { signal });
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

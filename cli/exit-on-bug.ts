/** What nobody caught is logged with its stack, and ends the process. */
import type { Logger } from '#shared/logger/logger.ts';
import { endProcess } from './end-process.ts';

/** From now on an uncaught error or rejection ends the process with 1. */
export function exitOnBug(logger: Logger): void {
  const fail = (err: unknown): void => {
    logger.error('this should not have happened', { err });
    endProcess(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
}

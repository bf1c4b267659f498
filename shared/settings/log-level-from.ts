/** Dapr's names of log levels. Pure. */
import type { LogLevel } from '../logger/logger.ts';

/** Dapr's fatal says nothing that error does not. */
const logLevelsByName: ReadonlyMap<string, LogLevel> = new Map([
  ['debug', 'debug'],
  ['info', 'info'],
  ['warn', 'warn'],
  ['error', 'error'],
  ['fatal', 'error'],
]);

/** The level by its name; `info` for a name that is none. */
export function logLevelFrom(name: string): LogLevel {
  return logLevelsByName.get(name) ?? 'info';
}

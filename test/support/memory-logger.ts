/** A logger that keeps its lines, for tests that read what the proxy says. */
import type { LogFields, Logger } from '#shared/logger/logger.ts';

export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  readonly message: string;
  readonly fields: LogFields;
}

/** Lines appear in `lines` in order. */
export function memoryLogger(lines: LogLine[], fields: LogFields = {}): Logger {
  const keep =
    (level: LogLine['level']) =>
    (message: string, more: LogFields = {}): void => {
      lines.push({ level, message, fields: { ...fields, ...more } });
    };
  return {
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    child: (more) => memoryLogger(lines, { ...fields, ...more }),
  };
}

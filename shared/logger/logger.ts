/** Log lines, as JSON or text, by winston. The message is a constant, the facts are fields. */
import { createLogger as createWinston, format, transports, type Logger as WinstonLogger } from 'winston';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export type LogFields = Readonly<Record<string, unknown>>;

/** What the rest of the code logs through. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A logger that adds these fields to each of its lines. */
  child(fields: LogFields): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly json: boolean;
  /** Path of a file to write to; `''` writes to standard output. */
  readonly file: string;
  /** On every line: `app_id`, `instance`. */
  readonly fields: LogFields;
}

/** Makes the program's logger. Errors in fields become `{name, message, code, stack}` with their causes. */
export function createLogger(options: LoggerOptions): Logger {
  const shape = options.json
    ? format.combine(format.timestamp({ alias: 'time' }), format.printf(jsonLine))
    : format.combine(format.timestamp({ alias: 'time' }), format.printf(textLine));
  return createWinston({
    level: options.level,
    format: shape,
    defaultMeta: options.fields,
    transports: [options.file === '' ? new transports.Console() : new transports.File({ filename: options.file })],
  }) satisfies WinstonLogger;
}

type Line = Record<string, unknown> & { readonly level: string; readonly message: unknown };

function jsonLine(line: Line): string {
  const { level, message, timestamp: _timestamp, ...fields } = line;
  return JSON.stringify({ level, msg: message, ...fields }, plainError);
}

function textLine(line: Line): string {
  const { level, message, timestamp: _timestamp, time, ...fields } = line;
  const facts = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${JSON.stringify(value, plainError)}`);
  return [`time=${JSON.stringify(time)} level=${level} msg=${JSON.stringify(message)}`, ...facts].join(' ');
}

function plainError(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const code = 'code' in value ? { code: value.code } : {};
  const cause = value.cause === undefined ? {} : { cause: value.cause };
  return { name: value.name, message: value.message, ...code, stack: value.stack, ...cause };
}

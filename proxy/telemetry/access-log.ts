/**
 * API logging (spec/observability.md §4): one line per request, written outermost, so that refused requests have one
 * too. Dapr's fields, and a few more. No query, no header, no user information of a URL.
 */
import type { Logger } from '#shared/logger/logger.ts';
import type { ApiLogging } from '#shared/table/endpoint-table.ts';
import type { ServedRequest } from './telemetry.ts';
import { withoutUserInfo } from './without-user-info.ts';

export interface AccessLogOptions {
  readonly logger: Logger;
  /** `--enable-api-logging`; null: the Configuration decides. */
  readonly enableApiLogging: boolean | null;
}

export interface AccessLogFields {
  readonly method: string;
  readonly duration: number;
  readonly code: number;
  readonly size: number;
  readonly useragent?: string;
  readonly requestSize: number;
  /** What the request was for: `endpoint`, `url` or `app`. */
  readonly target?: string;
  /** Set when the proxy itself made the answer. */
  readonly error?: string;
  readonly aborted?: true;
}

const maxPathLength = 2_048;
const maxUserAgentLength = 256;
/** C0, DEL, C1 and the two line separators of Unicode. */
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const healthPath = /^\/*v1\.0\/+healthz(?:\/+outbound)?\/*$/;
const namesByPath: readonly (readonly [RegExp, string])[] = [
  [/^\/*v1\.0\/+healthz\/*$/, 'Healthz'],
  [/^\/*v1\.0\/+healthz\/+outbound\/*$/, 'HealthzOutbound'],
  [/^\/*v1\.0\/+metadata(?:\/|$)/, 'Metadata'],
  [/^\/*v1\.0\/+shutdown\/*$/, 'Shutdown'],
];

/** Makes the function that logs a request under the API logging of the table in use. */
export function accessLog(options: AccessLogOptions): (request: ServedRequest, apiLogging: ApiLogging) => void {
  const logger = options.logger.child({ scope: 'dapr.runtime.http-info' });
  return (request, apiLogging) => {
    if (!(options.enableApiLogging ?? apiLogging.enabled)) return;
    const fields = accessLogFields(request, apiLogging);
    if (fields !== null) logger.info('HTTP API Called', { ...fields });
  };
}

/** The fields of a request's line; null when it is not to be logged. */
export function accessLogFields(request: ServedRequest, apiLogging: ApiLogging): AccessLogFields | null {
  const { method, path, status, durationMs, responseBytes, requestBytes, userAgent, target, errorCode } = request;
  if (apiLogging.omitHealthChecks && target === null && healthPath.test(path)) return null;
  return {
    method: apiLogging.obfuscateUrls
      ? obfuscated(request)
      : printable(`${method} ${withoutUserInfo(path)}`, maxPathLength),
    duration: Math.round(durationMs),
    code: status,
    size: responseBytes,
    ...(userAgent === '' ? {} : { useragent: printable(userAgent, maxUserAgentLength) }),
    requestSize: requestBytes,
    ...(target === null ? {} : { target: target.kind }),
    ...(errorCode === null ? {} : { error: errorCode }),
    ...(request.isAborted ? { aborted: true } : {}),
  };
}

/** Names what was called and nothing of the path: of a URL, its origin. */
function obfuscated({ path, target }: ServedRequest): string {
  if (target !== null) return `InvokeService/${printable(withoutUserInfo(target.label), maxPathLength)}`;
  return namesByPath.find(([pattern]) => pattern.test(path))?.[1] ?? 'InvokeService';
}

function printable(text: string, maxLength: number): string {
  const short = text.length > maxLength ? `${text.slice(0, maxLength)}...` : text;
  return short.replace(controls, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** One table from the failures of sockets, TLS, HTTP parsers and undici to the proxy's own error codes. */
import { ProxyError, type ProxyErrorCode } from '#shared/errors/proxy-error.ts';
import { ConnectFailure } from './connect-failure.ts';
import { tlsFailure } from './tls-failure.ts';

interface Classification {
  readonly code: ProxyErrorCode;
  readonly message: string;
}

const connect = (message: string): Classification => ({ code: 'upstream-connect', message });
const headersTooLarge: Classification = {
  code: 'upstream-headers-too-large',
  message: 'the response headers are too large',
};

const classificationByCode: Readonly<Record<string, Classification>> = {
  ECONNREFUSED: connect('could not connect: connection refused'),
  EHOSTUNREACH: connect('could not connect: no route to the host'),
  ENETUNREACH: connect('could not connect: network unreachable'),
  EADDRNOTAVAIL: connect('could not connect: address not available'),
  EACCES: connect('could not connect: not permitted'),
  ENOTFOUND: connect('could not resolve the host name'),
  EAI_AGAIN: connect('could not resolve the host name: the resolver did not answer'),
  ETIMEDOUT: { code: 'upstream-timeout', message: 'timed out while connecting' },
  UND_ERR_CONNECT_TIMEOUT: { code: 'upstream-timeout', message: 'timed out while connecting' },
  UND_ERR_HEADERS_TIMEOUT: { code: 'upstream-timeout', message: 'timed out waiting for the response headers' },
  UND_ERR_BODY_TIMEOUT: { code: 'upstream-timeout', message: 'timed out inside the response body' },
  ECONNRESET: { code: 'upstream-reset', message: 'the upstream reset the connection' },
  EPIPE: { code: 'upstream-reset', message: 'the upstream closed the connection while the request was sent' },
  UND_ERR_SOCKET: { code: 'upstream-reset', message: 'the upstream closed the connection without a whole answer' },
  ERR_HTTP2_SESSION_ERROR: { code: 'upstream-reset', message: 'the upstream gave up the connection' },
  UND_ERR_HEADERS_OVERFLOW: headersTooLarge,
  HPE_HEADER_OVERFLOW: headersTooLarge,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: {
    code: 'upstream-protocol',
    message: 'the response body does not have its declared length',
  },
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: {
    code: 'bad-request',
    message: 'the request body does not have its declared length',
  },
  UND_ERR_INVALID_ARG: { code: 'bad-request', message: 'the request cannot be sent as it is' },
  UND_ERR_NOT_SUPPORTED: { code: 'bad-request', message: 'the request cannot be sent as it is' },
  UND_ERR_ABORTED: { code: 'upstream-reset', message: 'the call was aborted' },
  ERR_INVALID_CHAR: { code: 'upstream-protocol', message: 'the response holds a header that is not valid' },
  ERR_HTTP_INVALID_STATUS_CODE: { code: 'upstream-protocol', message: 'the response has no valid status' },
};

/** Wraps whatever a call to an upstream failed with. A ProxyError passes as it is. */
export function classifyError(error: unknown): ProxyError {
  if (error instanceof ProxyError) return error;
  if (error instanceof ConnectFailure) return classifyError(error.cause);
  const code = codeOf(error);
  const tls = tlsFailure(code, error instanceof Error ? error.message : '');
  if (tls !== null) return new ProxyError('upstream-tls', withCode(tls, code), { cause: error });
  const known = classificationByCode[code];
  if (known !== undefined) return new ProxyError(known.code, withCode(known.message, code), { cause: error });
  // undici's parser gives its errors a name and no code.
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) {
    return new ProxyError('upstream-protocol', 'the upstream did not answer in HTTP', { cause: error });
  }
  if (code.startsWith('ERR_HTTP2_') || code.startsWith('UND_ERR')) {
    return new ProxyError('upstream-protocol', withCode('the upstream broke the protocol', code), { cause: error });
  }
  return new ProxyError('internal', 'the call failed for a reason the proxy does not know', { cause: error });
}

/** Happy Eyeballs reports one error per address it tried; the first says enough. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  return error.cause === undefined ? '' : codeOf(error.cause);
}

function withCode(message: string, code: string): string {
  return `${message} (${code})`;
}

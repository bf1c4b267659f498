/** What to answer to bytes that are no HTTP request. */
import { errorBody } from '../reply/error-reply.ts';
import { jsonReply, type Reply } from '../reply/reply.ts';

interface ParseFailure {
  readonly status: number;
  readonly message: string;
}

const failureByCode: Readonly<Record<string, ParseFailure>> = {
  HPE_HEADER_OVERFLOW: { status: 431, message: 'the request headers are larger than --read-buffer-size allows' },
  HPE_CHUNK_EXTENSIONS_OVERFLOW: { status: 413, message: 'the chunk extensions are too large' },
  ERR_HTTP_REQUEST_TIMEOUT: { status: 408, message: 'the request headers did not arrive in time' },
  HPE_INVALID_METHOD: { status: 400, message: 'the request method is none that HTTP/1.1 parsers here know' },
  HPE_INVALID_TRANSFER_ENCODING: { status: 400, message: 'Transfer-Encoding is not acceptable' },
  HPE_UNEXPECTED_CONTENT_LENGTH: { status: 400, message: 'Content-Length is not acceptable here' },
  HPE_INVALID_CONTENT_LENGTH: { status: 400, message: 'Content-Length is not a number' },
  HPE_INVALID_CHUNK_SIZE: { status: 400, message: 'a chunk of the body has no valid size' },
  HPE_INVALID_HEADER_TOKEN: { status: 400, message: 'a header holds a character that is not allowed' },
  HPE_CR_EXPECTED: { status: 400, message: 'a line does not end as HTTP asks' },
  HPE_LF_EXPECTED: { status: 400, message: 'a line does not end as HTTP asks' },
};

/** The reply for a `clientError` of node:http, by its code. Nothing of the bytes is repeated. */
export function parseFailureReply(code: string): Reply {
  const { status, message } = failureByCode[code] ?? { status: 400, message: 'the bytes are no valid HTTP request' };
  return jsonReply(status, errorBody('ERR_DIRECT_INVOKE', message));
}

/** Requests to the API server as administrator, over connections that are kept: much cheaper than kubectl. */
import { Agent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import type { ControlPlaneAccess } from './control-plane-access.ts';

export interface ApiRequest {
  /** Defaults to GET. */
  readonly method?: string;
  /** Path and query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Defaults to application/json. */
  readonly contentType?: string;
}

export interface ApiAnswer<Body> {
  readonly status: number;
  readonly body: Body;
}

export interface ApiRequester {
  /** The caller says what the body is; nothing checks it. A body that is no JSON is its text. */
  request<Body = unknown>(request: ApiRequest): Promise<ApiAnswer<Body>>;
  /** The same, and throws when the answer is not 2xx. Defaults to POST. */
  mustRequest<Body = unknown>(request: ApiRequest): Promise<Body>;
  /** Closes the connections that are kept. */
  close(): void;
}

/** Requests go to `access.server`, which is verified. */
export function apiRequester(access: ControlPlaneAccess): ApiRequester {
  const agent = new Agent({
    keepAlive: true,
    ca: access.caPem,
    cert: access.admin.certificatePem,
    key: access.admin.privateKeyPem,
  });
  const send = (request: ApiRequest): Promise<ApiAnswer<unknown>> =>
    sendOne(new URL(request.path, access.server), request, agent);
  return {
    request: async <Body>(request: ApiRequest) => (await send(request)) as ApiAnswer<Body>,
    async mustRequest<Body>(request: ApiRequest) {
      const { status, body } = await send({ method: 'POST', ...request });
      if (status >= 300) throw new Error(`${request.path}: ${status} ${JSON.stringify(body)}`);
      return body as Body;
    },
    close: () => agent.destroy(),
  };
}

function sendOne(url: URL, request: ApiRequest, agent: Agent): Promise<ApiAnswer<unknown>> {
  const { method = 'GET', body, contentType = 'application/json' } = request;
  const payload = body === undefined ? '' : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sending = httpsRequest(url, {
      method,
      agent,
      headers: payload === '' ? {} : { 'content-type': contentType, 'content-length': Buffer.byteLength(payload) },
    });
    sending.on('error', reject);
    sending.on('response', (response) => {
      text(response).then((answer) => {
        resolve({ status: response.statusCode ?? 0, body: parsed(answer) });
      }, reject);
    });
    sending.end(payload);
  });
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return json;
  }
}

/** An upstream that answers 200 and remembers which requests reached it. */
import { startUpstream, type TestUpstream } from './start-upstream.ts';

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface CountingUpstream {
  readonly upstream: TestUpstream;
  /** Every request whose head arrived. */
  readonly heads: string[];
  /** Every request that arrived whole. */
  readonly seen: SeenRequest[];
}

/** Listens on loopback until the test ends. */
export async function startCountingUpstream(): Promise<CountingUpstream> {
  const heads: string[] = [];
  const seen: SeenRequest[] = [];
  const upstream = await startUpstream((request, response) => {
    const { method = '', url = '', rawHeaders } = request;
    heads.push(`${method} ${url}`);
    let body = '';
    request.setEncoding('latin1');
    request.on('data', (chunk: string) => (body += chunk));
    request.on('error', () => response.destroy());
    request.on('end', () => {
      seen.push({ method, url, rawHeaders, body });
      response.setHeader('Content-Length', '2');
      response.end('ok');
    });
  });
  return { upstream, heads, seen };
}

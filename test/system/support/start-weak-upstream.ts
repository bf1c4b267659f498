/** An upstream on the node that is weak in the ways that a Resiliency is for, each below a path of its own. */
import type { RequestListener } from 'node:http';
import { type NodeServer, startNodeServer } from './start-node-server.ts';

export interface WeakUpstream extends NodeServer {
  /** Requests so far below `/flaky`, `/slow`, `/broken` or `/fine`. */
  count(name: string): number;
}

/** Which requests for one path below `/flaky` fail: the first by a status, the second by its connection. */
const flakyFailures: readonly RequestListener[] = [
  (_request, response) => response.writeHead(503).end('not now'),
  (request) => request.socket.destroy(),
];

/**
 * `/flaky/…` serves each path from the third time on that it is asked for, `/slow/…` never answers, `/broken/…` answers 500, and
 * everything else 200 with what it was asked for.
 */
export async function startWeakUpstream(): Promise<WeakUpstream> {
  const counts = new Map<string, number>();
  const add = (what: string): number => {
    const count = (counts.get(what) ?? 0) + 1;
    counts.set(what, count);
    return count;
  };
  const server = await startNodeServer((request, response) => {
    const { url = '' } = request;
    // What is cut is a new connection then: the proxy would by itself ask once more over another where a kept one is gone.
    response.setHeader('Connection', 'close');
    const name = url.split('/')[1] ?? '';
    const ofUrl = add(url);
    add(name);
    const fails = name === 'flaky' ? flakyFailures[ofUrl - 1] : undefined;
    if (fails !== undefined) fails(request, response);
    else if (name === 'broken') response.writeHead(500).end('broken');
    else if (name !== 'slow') response.end(`served ${url}`);
  });
  return { ...server, count: (name) => counts.get(name) ?? 0 };
}

/** Waiting for a server, by asking it. */
import { once } from 'node:events';
import { type IncomingHttpHeaders, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { systemClock } from '#shared/clock/clock.ts';
import type { MeasuredProcess } from './measured-process.ts';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One GET to a port on loopback. */
export async function get(port: number, path: string): Promise<Reply> {
  const sent = request({ host: '127.0.0.1', port, path, agent: false, signal: AbortSignal.timeout(5_000) });
  sent.end();
  const [response] = await once(sent, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

export interface Expected {
  readonly port: number;
  readonly path: string;
  readonly status: number;
  readonly everyMs: number;
}

/** Resolves when a server answers as expected; rejects with what it printed when it ends before, or after 20 s. */
export async function waitUntilReady(server: MeasuredProcess, expected: Expected): Promise<void> {
  const never = new AbortController().signal;
  const deadline = systemClock.monotonicMs() + 20_000;
  for (;;) {
    const status = await get(expected.port, expected.path).then(
      (reply) => reply.status,
      () => 0,
    );
    if (status === expected.status) return;
    if (server.hasExited) throw new Error(`a server ended before it was ready:\n${server.output}`);
    if (systemClock.monotonicMs() > deadline) throw new Error(`a server was not ready in 20 s:\n${server.output}`);
    await systemClock.sleep(expected.everyMs, never);
  }
}

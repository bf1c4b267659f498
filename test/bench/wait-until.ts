/** Waiting for a server, by asking it. */
import { systemClock } from '#shared/clock/clock.ts';
import { sendRequest } from '../../examples/run/send-request.ts';
import type { MeasuredProcess } from './measured-process.ts';

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
    const status = await sendRequest({ port: expected.port, path: expected.path }).then(
      (reply) => reply.status,
      () => 0,
    );
    if (status === expected.status) return;
    if (server.hasExited) throw new Error(`a server ended before it was ready:\n${server.output}`);
    if (systemClock.monotonicMs() > deadline) throw new Error(`a server was not ready in 20 s:\n${server.output}`);
    await systemClock.sleep(expected.everyMs, never);
  }
}

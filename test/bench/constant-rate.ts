/**
 * Load at a constant rate, whatever the server does: requests come due by the clock, and one that finds every
 * connection busy waits with its clock running. So a stall counts for every request that it delays (no coordinated
 * omission). What counts from is the moment of the timer's tick: a late timer is the generator's fault, not the server's.
 */
import { type Socket, connect } from 'node:net';
import { once } from 'node:events';
import type { Clock } from '#shared/clock/clock.ts';

export interface ConstantRateOptions {
  readonly url: URL;
  readonly requestsPerSecond: number;
  readonly connections: number;
  readonly bodyBytes: number;
  /** Load before anything is noted. */
  readonly warmUpMs: number;
  readonly durationMs: number;
  readonly clock: Clock;
}

export interface ConstantRateResult {
  readonly latenciesMs: readonly number[];
  /** Answers other than 200. */
  readonly failures: number;
}

interface Line {
  readonly socket: Socket;
  /** When the request under way came due; `null` when idle. */
  dueMs: number | null;
  received: string;
}

/** Sends the load and resolves when every answer is there. */
export async function sendConstantRate(options: ConstantRateOptions): Promise<ConstantRateResult> {
  const { clock } = options;
  const request = requestText(options);
  const lines = await Promise.all(Array.from({ length: options.connections }, () => openLine(options.url)));
  const idle: Line[] = [...lines];
  const due: number[] = [];
  const latenciesMs: number[] = [];
  let failures = 0;
  const startMs = clock.monotonicMs();
  const notedFromMs = startMs + options.warmUpMs;
  const endMs = notedFromMs + options.durationMs;
  const broken = Promise.withResolvers<never>();

  const sendDue = (): void => {
    while (due.length > 0) {
      const line = idle.shift(); // In turn, so that none idles until the server closes it.
      if (line === undefined) return;
      line.dueMs = due.shift() ?? null;
      line.socket.write(request);
    }
  };
  const finish = (line: Line, status: number): void => {
    const { dueMs } = line;
    if (dueMs === null) return broken.reject(new Error('an answer came without a request'));
    if (dueMs >= notedFromMs) latenciesMs.push(clock.monotonicMs() - dueMs);
    if (status !== 200) failures += 1;
    line.dueMs = null;
    idle.push(line);
    sendDue();
  };
  for (const line of lines) {
    line.socket.on('data', (text: string) => {
      line.received += text;
      const answer = completeAnswer(line.received);
      if (answer === null) return;
      line.received = line.received.slice(answer.length);
      finish(line, answer.status);
    });
    line.socket.on('close', () => broken.reject(new Error('the server closed a connection')));
  }

  const work = async (): Promise<void> => {
    const signal = new AbortController().signal;
    for (let issued = 0, nowMs = startMs; nowMs < endMs; nowMs = clock.monotonicMs()) {
      const wanted = Math.floor(((nowMs - startMs) / 1_000) * options.requestsPerSecond);
      for (; issued < wanted; issued += 1) due.push(nowMs);
      sendDue();
      await clock.sleep(1, signal);
    }
    while (idle.length < lines.length) await clock.sleep(1, signal);
  };
  try {
    await Promise.race([work(), broken.promise]);
  } finally {
    for (const line of lines) line.socket.removeAllListeners('close').destroy();
  }
  return { latenciesMs, failures };
}

async function openLine(url: URL): Promise<Line> {
  const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
  socket.setEncoding('latin1');
  await once(socket, 'connect');
  return { socket, dueMs: null, received: '' };
}

function requestText(options: ConstantRateOptions): string {
  const head = [
    `POST ${options.url.pathname} HTTP/1.1`,
    `Host: ${options.url.host}`,
    'Content-Type: application/octet-stream',
    `Content-Length: ${options.bodyBytes}`,
  ];
  return `${head.join('\r\n')}\r\n\r\n${'x'.repeat(options.bodyBytes)}`;
}

/** The first answer in the text, once it is there in full: by its length, or by the last chunk. */
export function completeAnswer(text: string): { readonly status: number; readonly length: number } | null {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd === -1) return null;
  const head = text.slice(0, headEnd);
  const bodyStart = headEnd + 4;
  const status = Number(head.split(' ', 2)[1]);
  const declared = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (declared !== undefined) {
    const length = bodyStart + Number(declared);
    return text.length >= length ? { status, length } : null;
  }
  const last = text.indexOf('\r\n0\r\n\r\n', headEnd);
  return last === -1 ? null : { status, length: last + 7 };
}

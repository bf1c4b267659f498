/** The end of a connection whose caller may still be sending. */
import type { Socket } from 'node:net';
import type { Clock } from '#shared/clock/clock.ts';
import { readPast } from './read-past.ts';

/** Longest time for which a caller that has the whole answer may go on sending. */
const maxMs = 5_000;

/**
 * Sends what is written and the end, then reads until the caller ends too: closed at once, the bytes that come later
 * would be answered with a reset, and that can cost the caller the answer (RFC 9112 §9.6).
 */
export function closeInStages(socket: Socket, clock: Clock): void {
  if (!socket.writable) return;
  const timer = clock.after(maxMs, () => socket.destroy());
  socket.once('close', () => timer.cancel());
  readPast(socket);
  socket.end();
}

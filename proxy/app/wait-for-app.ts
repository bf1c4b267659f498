/** Waits until the application accepts connections (spec/kubernetes.md §10). Calls to other targets work meanwhile. */
import { connect } from 'node:net';
import type { Clock } from '#shared/clock/clock.ts';

const pauseMs = 100;
const tryMs = 500;

export interface AppAddress {
  readonly host: string;
  readonly port: number;
}

/** Resolves true when the application listens, false when the signal was aborted first. */
export async function waitForApp(address: AppAddress, clock: Clock, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    if (await accepts(address, clock)) return true;
    await clock.sleep(pauseMs, signal);
  }
  return false;
}

function accepts({ host, port }: AppAddress, clock: Clock): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: host.replace(/^\[|\]$/g, ''), port });
    const timer = clock.after(tryMs, () => finish(false));
    socket.once('connect', () => finish(true)).once('error', () => finish(false));
    function finish(isListening: boolean): void {
      timer.cancel();
      socket.destroy();
      resolve(isListening);
    }
  });
}

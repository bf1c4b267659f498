/** A Service that has just got its pods: the node learns of them a moment later than the API server. */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves when a connection to this address is accepted; the test's own time limit ends it otherwise. */
export async function untilAccepts(host: string, port: number): Promise<void> {
  while (!(await accepts(host, port))) await pause(50);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const settle = (isAccepted: boolean): void => {
      socket.destroy();
      resolve(isAccepted);
    };
    socket.once('connect', () => settle(true));
    socket.once('timeout', () => settle(false));
    socket.once('error', () => settle(false));
  });
}

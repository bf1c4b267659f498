/** What a Service is to its clients: one address, and behind it whichever replica a new connection is sent to. */
import { connect, createServer } from 'node:net';
import { listenUntilTestEnds } from '../../support/start-upstream.ts';

/** Each connection goes to the port that `route` gives when it comes. Returns its own port; it ends with the test. */
export async function startSwitchboard(route: () => number): Promise<number> {
  const server = createServer((client) => {
    const replica = connect({ host: '127.0.0.1', port: route() });
    client.on('error', () => replica.destroy()).on('close', () => replica.destroy());
    replica.on('error', () => client.destroy()).on('close', () => client.destroy());
    client.pipe(replica).pipe(client);
  });
  return listenUntilTestEnds(server);
}

/** The program of the guide's image: `orders` or `inventory`, by its only argument. */
import type { Server } from 'node:http';
import { createInventory } from './inventory.ts';
import { createOrders } from './orders.ts';

const [name = ''] = process.argv.slice(2);
const servers: ReadonlyMap<string, () => { readonly server: Server; readonly port: number }> = new Map([
  ['orders', () => ({ server: createOrders(process.env), port: 8080 })],
  ['inventory', () => ({ server: createInventory('/tls'), port: 8443 })],
]);
const create = servers.get(name);
if (create === undefined)
  throw new Error(`say which of ${[...servers.keys()].join(', ')}, not ${JSON.stringify(name)}`);

const { server, port } = create();
server.listen(port, () => console.log(`${name} listens on ${port}`));
// The first process of a container ends by no signal that it does not handle.
process.on('SIGTERM', () => server.close());

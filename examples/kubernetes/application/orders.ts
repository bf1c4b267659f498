/** An application that calls another by name, through its proxy: `/orders/66` says what `inventory` has of it. */
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';

/** DAPR_HTTP_PORT and DAPR_API_TOKEN are in the environment of every container beside a proxy, as far as there are any. */
export function createOrders({ DAPR_HTTP_PORT: port = '3500', DAPR_API_TOKEN: token }: NodeJS.ProcessEnv): Server {
  const headers = token === undefined ? {} : { 'dapr-api-token': token };
  return createServer((request, response) => {
    const [, item] = /^\/orders\/(\d{1,9})$/.exec(request.url ?? '') ?? [];
    if (item === undefined) return void response.writeHead(request.url === '/healthz' ? 200 : 404).end();
    get(`http://localhost:${port}/v1.0/invoke/inventory/method/stock/${item}`, { headers }, (answer) => {
      readJson(answer).then(
        (stock) => sendJson(200, { order: Number(item), stock }),
        (error: unknown) => sendJson(502, { error: String(error) }),
      );
    }).on('error', (error) => sendJson(502, { error: error.message }));

    function sendJson(status: number, value: unknown): void {
      response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
    }
  });
}

async function readJson(answer: IncomingMessage): Promise<unknown> {
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${body}`);
  return JSON.parse(body);
}

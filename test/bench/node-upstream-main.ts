/** The upstream where nginx is not installed: answers every request with 1 KB. Runs as a process of its own. */
import { createServer } from 'node:http';

const body = Buffer.from(`${'x'.repeat(1_023)}\n`);
const headers = { 'content-type': 'text/plain', 'content-length': body.length };

createServer({ keepAliveTimeout: 300_000 }, (request, response) => {
  request.resume();
  response.writeHead(200, headers).end(body);
}).listen(Number(process.argv[2]), '127.0.0.1', 1_024);

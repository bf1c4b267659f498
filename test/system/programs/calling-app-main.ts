/**
 * An application as a good citizen writes it, the program of an image: it calls through its proxy for as long as it lives, and
 * ends its last call after it has stopped to serve. It tells a test of every call of its own that failed, and how many there
 * were when it ends. Its settings are environment variables:
 *
 *     CALL         what it calls all the time, below the proxy's address; none: nothing
 *     SLOW_CALL    the same for calls that take long, of which there is always one under way
 *     REPORT_TO    the URL that its reports are posted to
 *     LINGER_MS    how long it goes on to serve after it was told to end
 *     WAIT         the proxy may come later than this: wait for it first
 *     ONCE         make the first call, report, and end
 */
import { createServer, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const { CALL = '', SLOW_CALL = '', REPORT_TO = '', LINGER_MS = '0', WAIT = '', ONCE = '', HOSTNAME = '' } = process.env;
const { DAPR_HTTP_PORT = '3500' } = process.env;
const proxy = `http://localhost:${DAPR_HTTP_PORT}`;
const betweenCallsMs = 50;

let calls = 0;
let callsSinceTerm = 0;
let failed = 0;
let isTold = false;
let isOver = false;

/** One exchange over a connection of its own. */
function exchange(url: string, body?: string): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { method: body === undefined ? 'GET' : 'POST', agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text })).on('error', reject);
    });
    asking.on('error', reject).end(body);
  });
}

async function report(facts: object): Promise<void> {
  const line = JSON.stringify({ pod: HOSTNAME, ...facts });
  process.stdout.write(`${line}\n`);
  if (REPORT_TO !== '')
    await exchange(REPORT_TO, line).catch((error: unknown) => process.stdout.write(`${String(error)}\n`));
}

async function call(path: string): Promise<void> {
  calls += 1;
  if (isTold) callsSinceTerm += 1;
  const begunMs = performance.now();
  const failure = await exchange(`${proxy}${path}`).then(
    ({ status, text }) => (status === 200 ? '' : `${status} ${text}`),
    (error: unknown) => String(error),
  );
  if (failure === '') return;
  failed += 1;
  await report({ kind: 'failed', path, failure, afterMs: Math.round(performance.now() - begunMs), isTold });
}

/** The last call begins after the application has stopped to serve. */
async function callAllTheTime(path: string): Promise<void> {
  if (path === '') return;
  while (!isOver) {
    await call(path);
    await pause(betweenCallsMs);
  }
  await call(path);
}

async function untilProxyIsReady(): Promise<void> {
  for (;;) {
    const status = await exchange(`${proxy}/v1.0/healthz/outbound`).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 204) return;
    await pause(50);
  }
}

if (WAIT !== '') await untilProxyIsReady();
if (ONCE !== '') {
  await call(CALL);
  await report({ kind: 'ended', calls, failed });
  process.exit(failed === 0 ? 0 : 1);
}

/** `/ready`, and everything else goes to the proxy as it is. */
const server = createServer((asked, response) => {
  if (asked.url === '/ready') {
    response.end('ready');
    return;
  }
  exchange(`${proxy}${asked.url ?? ''}`).then(
    ({ status, text }) => response.writeHead(status).end(text),
    (error: unknown) => response.writeHead(599).end(`${HOSTNAME}: ${String(error)}`),
  );
});
server.listen(8080);
const lanes = Promise.all([CALL, SLOW_CALL].map(callAllTheTime));

process.once('SIGTERM', () => {
  isTold = true;
  void end();
});

async function end(): Promise<void> {
  // Until nobody sends anything here any more.
  await pause(Number(LINGER_MS));
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await closed;
  isOver = true;
  await lanes;
  await report({ kind: 'ended', calls, failed, callsSinceTerm });
  process.exit(0);
}

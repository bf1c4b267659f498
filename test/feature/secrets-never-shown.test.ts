/** Whatever fails, no secret shows: not in the log, an answer, the metrics or the metadata. Many secrets, many failures. */
import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask, type Question } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import {
  findPlanted,
  planted,
  plantedEnvironment,
  writePlantedFolder,
  type PlantedFolder,
} from '../support/planted-secrets.ts';
import { rawExchange } from '../support/raw-exchange.ts';
import { startForwardProxy } from '../support/start-forward-proxy.ts';
import { startTlsUpstream } from '../support/start-tls-upstream.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { freePort } from '../../examples/run/free-port.ts';
import { startRawUpstream, startUpstream } from '../support/start-upstream.ts';
import { FarpointProcess, startProxyProcess } from './cli/farpoint-process.ts';

const { server } = await createTestAuthority({ name: 'Untrusted Root' });

interface Started {
  readonly farpoint: FarpointProcess;
  readonly folder: PlantedFolder;
  readonly port: number;
  readonly metricsPort: number;
  /** An upstream that breaks each connection. */
  readonly breaking: string;
}

async function start(isJson: boolean): Promise<Started> {
  const good = await startUpstream((_request, response) => response.end('good'));
  const untrusted = await startTlsUpstream(server);
  const breaking = await startRawUpstream((socket) => socket.once('data', () => socket.destroy()));
  const echoing = await startRawUpstream((socket) => {
    socket.on('data', (bytes) => socket.end(`NOT HTTP ${bytes.toString('latin1')}`));
  });
  const forwardProxy = await startForwardProxy({ upstreamPort: 1, refuseWith: 407 });
  const folder = await writePlantedFolder({ good: good.origin, echoing: echoing.origin, untrusted: untrusted.origin });
  const argv = [`--resources-path=${folder.path}`, '--log-level=debug', '--enable-api-logging', '--app-port=1'];
  const running = await startWithLog({ isJson, argv, env: plantedEnvironment(forwardProxy.port) });
  return { ...running, folder, breaking: breaking.origin };
}

interface Running {
  readonly farpoint: FarpointProcess;
  readonly port: number;
  readonly metricsPort: number;
}

/** A log as text has no lines that can be read as JSON: there, the port is found beforehand. */
async function startWithLog(options: {
  readonly isJson: boolean;
  readonly argv: readonly string[];
  readonly env: Record<string, string>;
}): Promise<Running> {
  const { isJson, argv, env } = options;
  if (isJson) {
    const { farpoint, url } = await startProxyProcess(argv, { env });
    const { metricsPort } = await farpoint.logged('proxy listens');
    return { farpoint, port: Number(new URL(url).port), metricsPort: Number(metricsPort) };
  }
  const port = await freePort();
  const ports = ['--app-id=caller', `--dapr-http-port=${port}`, '--enable-metrics=false'];
  const farpoint = new FarpointProcess(['proxy', ...ports, ...argv], { env });
  await waitUntil(async () => {
    const answer = await ask(port, { path: '/v1.0/healthz/outbound' }).catch(() => null);
    return answer?.status === 204;
  });
  return { farpoint, port, metricsPort: 0 };
}

const token: readonly string[] = ['dapr-api-token', planted('api-token')];
/** What a caller sends along and nobody is to repeat. */
const callerSecrets: readonly string[] = [
  'Authorization',
  `Bearer ${planted('caller')}`,
  'Cookie',
  `session=${planted('cookie')}`,
  'Proxy-Authorization',
  planted('caller-proxy'),
];

/** Every failure that a caller can bring about, with secrets wherever a caller may put some. */
function questions({ folder, breaking }: Started): Question[] {
  const invoke = (target: string): string => `/v1.0/invoke/${target}/method/x`;
  const user = `me:${planted('url-password')}@`;
  const urls = [
    breaking.replace('://', `://${user}`),
    `http://${user}127.0.0.1:1`,
    `http://${user}nowhere.example`,
    `http://${user}host:99999`,
    `https://${user}far.example`,
    `http://${user}`,
    `http://me:${planted('cut-off')}?rest@host`,
    `ftp://${user}host`,
    `a.b.c://${user}host`,
    `HTTP://${user}[::bad]`,
    encodeURIComponent(`http://${user}127.0.0.1:1/`),
  ];
  const paths = [...folder.endpoints, ...urls, 'orders', 'unknown'].map(invoke);
  return [
    ...paths.map((path) => ({ path })),
    ...paths.map((path) => ({ path, method: 'POST', body: planted('body') })),
    ...urls.map((url) => ({ path: '/x', headers: ['dapr-app-id', url] })),
    { path: '/x', headers: ['Authorization', `Basic ${Buffer.from(`dapr-app-id:unknown`).toString('base64')}`] },
    { path: `${invoke('good')}/../%2e%2e%2f` },
    { path: invoke('good%zz') },
    { path: '/nothing/at/all' },
    { path: '/v1.0/metadata' },
    { path: '/v1.0/healthz?appid=other' },
  ];
}

/** Asks everything, with and without the token, and resolves with all that came back. */
async function provoke(started: Started): Promise<string> {
  const { port } = started;
  const answers: string[] = [];
  for (const question of questions(started)) {
    for (const presented of [token, ['dapr-api-token', planted('wrong-token')], []]) {
      const headers = [...(question.headers ?? callerSecrets), ...presented];
      const answer = await ask(port, { ...question, headers }).catch((error: unknown) => error);
      answers.push(JSON.stringify(answer));
    }
  }
  for (const bytes of [
    `GET / HTTP/1.1\r\nHost: x\r\nX-Secret: ${planted('raw')}\u0001\r\n\r\n`,
    `${planted('raw-method')} / HTTP/1.1\r\n\r\n`,
    `POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${planted('raw-length')}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${planted('raw-long').repeat(1_000)}\r\n\r\n`,
  ]) {
    answers.push(await rawExchange(port, bytes));
  }
  for (const endpoint of ['closed', 'untrusted', 'echoing', 'tunnelled', 'mismatch']) {
    answers.push(await webSocketFailure(`ws://127.0.0.1:${port}/v1.0/invoke/${endpoint}/method/x`));
  }
  return answers.join('\n');
}

function webSocketFailure(url: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, { headers: { 'dapr-api-token': planted('api-token') } });
    socket.on('error', (error) => resolve(String(error)));
    socket.on('unexpected-response', (_request, response) => {
      let body = JSON.stringify(response.rawHeaders);
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('end', () => resolve(`${response.statusCode ?? 0} ${body}`));
    });
  });
}

describe('no secret shows', () => {
  test('in answers, metadata, metrics and a JSON log at level debug', async () => {
    const started = await start(true);
    const answers = await provoke(started);
    const metadata = (await ask(started.port, { path: '/v1.0/metadata', headers: token })).body;
    const metrics = (await ask(started.metricsPort, { path: '/metrics' })).body;
    started.farpoint.child.kill('SIGTERM');
    const { stdout, stderr } = await started.farpoint.ended;
    const { keys, endpoints } = started.folder;
    // The search has something to search.
    expect(endpoints.every((name) => metadata.includes(`"${name}"`))).toBe(true);
    expect(metrics).toContain('closed');
    expect(stdout.split('\n').length).toBeGreaterThan(100);
    expect(answers.length).toBeGreaterThan(10_000);
    expect(findPlanted(`x ${planted('x')}`, keys)).toHaveLength(1);
    for (const [where, text] of Object.entries({ answers, metadata, metrics, stdout, stderr })) {
      expect({ where, found: findPlanted(text, keys) }).toEqual({ where, found: [] });
    }
  });

  test('in a log as text', async () => {
    const started = await start(false);
    await provoke(started);
    started.farpoint.child.kill('SIGTERM');
    const { stdout, stderr } = await started.farpoint.ended;
    expect(stdout).toContain('level=debug');
    expect(findPlanted(stdout + stderr, started.folder.keys)).toEqual([]);
  });

  test('when the settings are wrong or the start fails', async () => {
    const wrong = new FarpointProcess(['proxy', '--app-id=a', '--app-port=x', '--log-level=loud'], {
      env: { ...plantedEnvironment(1), HTTP_PROXY: `socks5://me:${planted('proxy')}@host` },
    });
    const taken = await startUpstream((_request, response) => response.end());
    const failing = new FarpointProcess(
      ['proxy', '--app-id=a', `--dapr-http-port=${taken.port}`, '--enable-metrics=false'],
      { env: plantedEnvironment(1) },
    );
    const ends = [await wrong.ended, await failing.ended];
    expect(ends.map(({ code }) => code)).toEqual([2, 1]);
    expect(ends[0]?.stderr).toContain('HTTP_PROXY');
    for (const { stdout, stderr } of ends) expect(findPlanted(stdout + stderr, [])).toEqual([]);
  });
});

/**
 * `make run`: upstreams, an application, and the proxy over examples/resources and examples/configuration.yaml; a call of
 * each kind; then it stays until Ctrl-C. PORT moves the proxy (0: any free port), ONCE=1 ends after the calls and fails
 * when one went wrong.
 */
import { join, relative } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { exampleCalls } from './run/calls.ts';
import { freePort } from './run/free-port.ts';
import { chooseCaller } from './run/make-call.ts';
import { ProxyProcess } from './run/proxy-process.ts';
import { nextSteps, type Outcome, outcomeLines, outcomeOf, summaryLine } from './run/report.ts';
import { type RunFolder, writeRunFolder } from './run/run-folder.ts';
import { stopSignal } from './run/stop-signal.ts';
import { startUpstreams } from './run/upstreams.ts';
import { wishedPort } from './run/wished-port.ts';

const root = join(import.meta.dirname, '..');
const appId = 'orders';
const readyTimeoutMs = 20_000;
const endTimeoutMs = 10_000;

interface RunSettings {
  readonly port: number;
  readonly isOnce: boolean;
}

async function main(env: NodeJS.ProcessEnv): Promise<number> {
  const settings = await runSettings(env);
  if (typeof settings === 'string') {
    print(settings);
    return 1;
  }
  const stopped = stopSignal();
  const upstreams = await startUpstreams({ appId, clock: systemClock });
  const folder = await writeRunFolder({
    path: join(root, '.run', String(settings.port)),
    source: join(root, 'examples'),
    ...upstreams.folder,
  });
  try {
    return await serve(settings, { folder, upstreams, stopped });
  } finally {
    await Promise.all([upstreams.close(), folder.remove()]);
  }
}

interface Stage {
  readonly folder: RunFolder;
  readonly upstreams: Awaited<ReturnType<typeof startUpstreams>>;
  readonly stopped: Promise<void>;
}

/** Starts the proxy, makes the calls, and ends the proxy whatever happens. */
async function serve(settings: RunSettings, { folder, upstreams, stopped }: Stage): Promise<number> {
  const metricsPort = await freePort();
  const log: string[] = [];
  let printLog = (text: string): void => void log.push(text);
  const proxy = ProxyProcess.start({
    command: [
      join(root, 'cli', 'main.ts'),
      'proxy',
      `--app-id=${appId}`,
      `--app-port=${upstreams.application.port}`,
      `--dapr-http-port=${settings.port}`,
      `--metrics-port=${metricsPort}`,
      '--metrics-listen-address=127.0.0.1',
      `--resources-path=${folder.resourcesPath}`,
      `--config=${folder.configurationPath}`,
    ],
    port: settings.port,
    clock: systemClock,
    print: (text) => printLog(text),
  });
  process.once('exit', () => proxy.kill());
  try {
    await proxy.ready(readyTimeoutMs);
    const targets = { proxyHost: `127.0.0.1:${settings.port}`, appId };
    const outcomes = await callAll({ ...targets, palpatineUrl: `http://127.0.0.1:${upstreams.palpatine.port}` });
    const isAllExpected = outcomes.every((outcome) => outcome.isExpected);
    if (!isAllExpected) print(`The proxy logged:\n${log.join('')}`);
    if (settings.isOnce) return isAllExpected ? 0 : 1;
    print(nextSteps({ resourcesPath: relative(process.cwd(), folder.resourcesPath), metricsPort }));
    printLog = (text) => void process.stdout.write(text);
    const early = await Promise.race([proxy.ended, stopped]);
    if (early === undefined) return 0;
    print(`${early} by itself`);
    return 1;
  } catch (error) {
    print(`${log.join('')}${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await proxy.end(endTimeoutMs);
  }
}

async function callAll(targets: Parameters<typeof exampleCalls>[0]): Promise<readonly Outcome[]> {
  const makeCall = await chooseCaller();
  const outcomes: Outcome[] = [];
  for (const call of exampleCalls(targets)) {
    const outcome = outcomeOf(call, await makeCall(call));
    print(`${outcomeLines(outcome)}\n`);
    outcomes.push(outcome);
  }
  print(summaryLine(outcomes));
  return outcomes;
}

/** The settings, or the sentence that says what is wrong with them. */
async function runSettings(env: NodeJS.ProcessEnv): Promise<RunSettings | string> {
  const port = await wishedPort(env['PORT'] ?? '', 'run');
  return typeof port === 'string' ? port : { port, isOnce: (env['ONCE'] ?? '') !== '' };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

process.exitCode = await main(process.env);

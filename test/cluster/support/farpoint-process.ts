/** The operator and the proxy as processes of their own, through the command line. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ChildProcesses, RunningChild } from './child-processes.ts';
import { freePort } from './free-port.ts';

const main = join(import.meta.dirname, '..', '..', '..', 'cli', 'main.ts');
const readyTimeoutMs = 60_000;

export interface OperatorProcessOptions {
  readonly children: ChildProcesses;
  readonly kubeconfigPath: string;
  /** The operator's own. */
  readonly namespace: string;
  readonly logFile: string;
  /** Of the push channel; any free one unless given. */
  readonly port?: number;
  readonly args?: readonly string[];
}

export interface OperatorProcess {
  readonly child: RunningChild;
  /** Of the push channel: what a proxy connects to. */
  readonly address: string;
  readonly metricsPort: number;
  /** Resolves when `/readyz` says so. */
  ready(): Promise<void>;
}

/** Starts `farpoint operator` on free ports of loopback. */
export async function startOperatorProcess(options: OperatorProcessOptions): Promise<OperatorProcess> {
  const { children, kubeconfigPath, namespace, logFile, args = [] } = options;
  const port = options.port ?? (await freePort());
  const metricsPort = await freePort();
  const child = await children.start({
    name: 'the operator',
    command: process.execPath,
    args: [
      main,
      'operator',
      `--kubeconfig=${kubeconfigPath}`,
      `--namespace=${namespace}`,
      '--listen-address=127.0.0.1',
      `--port=${port}`,
      '--service-names=localhost',
      '--metrics-listen-address=127.0.0.1',
      `--metrics-port=${metricsPort}`,
      '--webhook-listen-address=127.0.0.1',
      '--webhook-port=0',
      ...args,
    ],
    logFile,
  });
  return {
    child,
    address: `localhost:${port}`,
    metricsPort,
    ready: () => untilOk(`http://127.0.0.1:${metricsPort}/readyz`, child),
  };
}

export interface ProxyProcessOptions {
  readonly children: ChildProcesses;
  readonly appId: string;
  readonly namespace: string;
  readonly podName: string;
  readonly controlPlaneAddress: string;
  readonly tokenFile: string;
  readonly caFile: string;
  readonly logFile: string;
  /** Of the API; any free one unless given. */
  readonly port?: number;
  readonly args?: readonly string[];
}

export interface ProxyProcess {
  readonly child: RunningChild;
  readonly port: number;
  readonly metricsPort: number;
  /** Resolves when `/v1.0/healthz` says so: it holds a table. */
  ready(): Promise<void>;
}

/** Starts `farpoint proxy --mode kubernetes`. */
export async function startProxyProcess(options: ProxyProcessOptions): Promise<ProxyProcess> {
  const port = options.port ?? (await freePort());
  const metricsPort = await freePort();
  const child = await options.children.start({
    name: `the proxy of ${options.appId}`,
    command: process.execPath,
    args: [
      main,
      'proxy',
      '--mode=kubernetes',
      `--app-id=${options.appId}`,
      `--dapr-http-port=${port}`,
      '--metrics-listen-address=127.0.0.1',
      `--metrics-port=${metricsPort}`,
      `--control-plane-address=${options.controlPlaneAddress}`,
      `--control-plane-token-file=${options.tokenFile}`,
      `--control-plane-ca-file=${options.caFile}`,
      ...(options.args ?? []),
    ],
    env: { ...process.env, NAMESPACE: options.namespace, POD_NAME: options.podName },
    logFile: options.logFile,
  });
  return { child, port, metricsPort, ready: () => untilOk(`http://127.0.0.1:${port}/v1.0/healthz`, child) };
}

async function untilOk(url: string, child: RunningChild): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await isOk(url))) {
    if (child.hasEnded()) throw new Error(`${await child.ended}:\n${await child.logTail()}`);
    if (performance.now() > deadline) {
      throw new Error(`${url} was not ready after ${readyTimeoutMs / 1000} s:\n${await child.logTail()}`);
    }
    await pause(50);
  }
}

async function isOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await answer.body?.cancel();
    return answer.ok;
  } catch {
    return false;
  }
}

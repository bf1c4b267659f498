/** A real etcd and kube-apiserver on loopback, on free ports, with certificates of their own; gone when the test is. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { makeKeyPair, privateKeyPem } from '../../../examples/certificates/key-pair.ts';
import { apiServerFiles, apiServerFlags, type ApiServerPlace, loopback } from './api-server-flags.ts';
import { ChildProcesses, type RunningChild } from './child-processes.ts';
import { connectControlPlane, type ControlPlaneClient } from './connect-control-plane.ts';
import type { ControlPlaneAccess } from './control-plane-access.ts';
import type { ControlPlaneAssets } from './control-plane-assets.ts';
import { findControlPlane } from './find-control-plane.ts';
import { freePort } from './free-port.ts';
import { kubeconfigText } from './kubeconfig.ts';

export interface ControlPlaneOptions {
  /** Defaults to what findControlPlane finds. */
  readonly assets?: ControlPlaneAssets;
  /** More flags for kube-apiserver, which take precedence. */
  readonly apiServerFlags?: readonly string[];
  /** For nodes that run pods. Without it the API server is on loopback, and alone. */
  readonly forNodes?: ApiServerPlace;
}

export interface ControlPlane extends ControlPlaneClient {
  /** Whose certificates the API server takes from clients, and who signed its own. */
  readonly authorities: { readonly clients: CertificateAuthority; readonly serving: CertificateAuthority };
  /** Ends the API server, as an upgrade would (SIGTERM), or at once. */
  stopApiServer(options?: { readonly atOnce?: boolean }): Promise<void>;
  /** Starts it again on the same port and resolves when it is ready. */
  startApiServer(): Promise<void>;
  /** Both. */
  restartApiServer(options?: { readonly atOnce?: boolean }): Promise<void>;
  /** Ends everything and removes its folder. */
  stop(): Promise<void>;
}

const readyTimeoutMs = 60_000;
const graceMs = 5_000;

/** Starts one and resolves when the API server is ready. Throws with the end of its log when it does not become so. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const assets = options.assets ?? (await findControlPlane());
  const folder = await mkdtemp(join(tmpdir(), 'farpoint-control-plane-'));
  const children = ChildProcesses.start(folder);
  try {
    const etcd = await startEtcd({ assets, folder, children });
    const { address, serviceAddress } = options.forNodes ?? loopback;
    const files = await writeFiles(folder, [address, serviceAddress]);
    const port = await freePort();
    const server = `https://${address}:${port}`;
    const access: ControlPlaneAccess = {
      server,
      caPem: files.caPem,
      admin: files.admin,
      kubeconfigPath: join(folder, 'admin.kubeconfig'),
      kubectlPath: assets.kubectl,
      etcdUrl: etcd.url,
      folder,
    };
    await writeFile(access.kubeconfigPath, kubeconfigText({ server, caPem: files.caPem, user: files.admin }), {
      mode: 0o600,
    });
    let apiServer: RunningChild | null = null;
    const startApiServer = async (): Promise<void> => {
      apiServer = await children.start({
        name: 'kube-apiserver',
        command: assets.kubeApiserver,
        args: [
          ...apiServerFlags({ folder, port, etcdUrl: etcd.url, forNodes: options.forNodes ?? null }),
          ...(options.apiServerFlags ?? []),
        ],
        logFile: join(folder, 'kube-apiserver.log'),
      });
      await untilReady(access, [etcd.child, apiServer]);
    };
    const stopApiServer: ControlPlane['stopApiServer'] = async ({ atOnce = false } = {}) => {
      await apiServer?.end(atOnce ? 0 : graceMs);
    };
    await startApiServer();
    const client = connectControlPlane(access);
    // No controller makes it; pods of the namespace `default` need it.
    await client.createServiceAccount('default', 'default');
    return {
      ...client,
      authorities: files.authorities,
      startApiServer,
      stopApiServer,
      async restartApiServer(restart) {
        await stopApiServer(restart);
        await startApiServer();
      },
      async stop() {
        client.close();
        await children.close();
      },
    };
  } catch (error) {
    await children.close();
    throw error;
  }
}

interface Site {
  readonly assets: ControlPlaneAssets;
  readonly folder: string;
  readonly children: ChildProcesses;
}

async function startEtcd({
  assets,
  folder,
  children,
}: Site): Promise<{ readonly url: string; readonly child: RunningChild }> {
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${clientPort}`;
  const child = await children.start({
    name: 'etcd',
    command: assets.etcd,
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=http://127.0.0.1:${peerPort}`,
      `--initial-advertise-peer-urls=http://127.0.0.1:${peerPort}`,
      `--initial-cluster=default=http://127.0.0.1:${peerPort}`,
      '--unsafe-no-fsync',
      '--log-level=warn',
    ],
    logFile: join(folder, 'etcd.log'),
  });
  return { url, child };
}

interface Files {
  readonly caPem: string;
  readonly admin: ControlPlaneAccess['admin'];
  readonly authorities: ControlPlane['authorities'];
}

/** Keys and certificates. The authorities' own keys stay in memory. */
async function writeFiles(folder: string, addresses: readonly string[]): Promise<Files> {
  const serving = await CertificateAuthority.create('test control plane');
  const clients = await CertificateAuthority.create('test control plane clients');
  const server = await serving.issueServer({ hosts: ['localhost', 'kubernetes.default.svc', ...addresses] });
  const admin = await clients.issueClient({ name: 'admin', organizations: ['system:masters'] });
  const files = {
    [apiServerFiles.certificate]: server.chainPem,
    [apiServerFiles.key]: server.privateKeyPem,
    [apiServerFiles.authority]: serving.certificatePem,
    [apiServerFiles.clientAuthority]: clients.certificatePem,
    [apiServerFiles.adminCertificate]: admin.chainPem,
    [apiServerFiles.adminKey]: admin.privateKeyPem,
    [apiServerFiles.serviceAccountKey]: await privateKeyPem(await makeKeyPair('rsa')),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text, { mode: 0o600 });
  return {
    caPem: serving.certificatePem,
    authorities: { clients, serving },
    admin: { certificatePem: admin.chainPem, privateKeyPem: admin.privateKeyPem },
  };
}

async function untilReady(access: ControlPlaneAccess, children: readonly RunningChild[]): Promise<void> {
  const deadline = performance.now() + readyTimeoutMs;
  while (!(await isReady(access))) {
    const over = children.find((child) => child.hasEnded());
    if (over !== undefined) throw new Error(`${await over.ended}:\n${await over.logTail()}`);
    if (performance.now() > deadline) {
      const logs = await Promise.all(children.map((child) => child.logTail()));
      throw new Error(`the API server was not ready after ${readyTimeoutMs / 1000} s:\n${logs.join('\n')}`);
    }
    await pause(50);
  }
}

function isReady({ server, caPem, admin }: ControlPlaneAccess): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request(`${server}/readyz`, {
      agent: false,
      ca: caPem,
      cert: admin.certificatePem,
      key: admin.privateKeyPem,
      timeout: 2_000,
    });
    asking.on('response', (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(false));
    asking.end();
  });
}

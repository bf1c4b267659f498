/** One node that runs pods: containerd, kubelet and kube-proxy, which stop and start as a machine does. */
import { execFile } from 'node:child_process';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { ChildProcesses, RunningChild } from '../../cluster/support/child-processes.ts';
import { nodeAddress, nodeName } from './node-address.ts';
import { containerdFolder, containerdSocket, type NodeFiles } from './node-files.ts';

const run = promisify(execFile);

export interface NodeSite {
  /** Holds kubelet and kube-proxy. */
  readonly programs: string;
  readonly files: NodeFiles;
  readonly kubeletKubeconfig: string;
  /** The name of the cgroup that all pods are in. */
  readonly cgroup: string;
  readonly logFolder: string;
  readonly children: ChildProcesses;
}

export interface NodeProcesses {
  /** Resolves when containerd takes images and kubelet has started. */
  start(): Promise<void>;
  /** Ends all, every container included, at once: as a machine that loses its power. */
  stop(): Promise<void>;
}

const readyMs = 30_000;

/** Nothing runs before `start`. */
export function nodeProcesses(site: NodeSite): NodeProcesses {
  let running: readonly RunningChild[] = [];
  const startOne = (name: string, command: string, args: readonly string[]): Promise<RunningChild> =>
    site.children.start({ name, command, args, logFile: join(site.logFolder, `${name}.log`) });
  return {
    async start() {
      const { files } = site;
      const containerd = await startOne('containerd', 'containerd', [`--config=${files.containerd}`]);
      running = [containerd];
      await untilContainerdAnswers(containerd);
      const kubelet = await startOne('kubelet', join(site.programs, 'kubelet'), [
        `--config=${files.kubelet}`,
        `--kubeconfig=${site.kubeletKubeconfig}`,
        `--root-dir=${files.kubeletFolder}`,
        `--hostname-override=${nodeName}`,
        `--node-ip=${nodeAddress}`,
      ]);
      const kubeProxy = await startOne('kube-proxy', join(site.programs, 'kube-proxy'), [
        `--config=${files.kubeProxy}`,
      ]);
      running = [kubelet, kubeProxy, containerd];
    },
    async stop() {
      await Promise.all(running.map((child) => child.end(0)));
      running = [];
      await killShims();
      await killPods(site.cgroup);
      await forgetWhatAMachineForgets([site.files.kubeletFolder, containerdFolder, '/run/netns']);
    },
  };
}

/** Runs ctr on the node's containerd. */
export async function runCtr(args: readonly string[]): Promise<string> {
  return (await run('ctr', [`--address=${containerdSocket}`, '--namespace=k8s.io', ...args])).stdout;
}

async function untilContainerdAnswers(containerd: RunningChild): Promise<void> {
  const deadline = performance.now() + readyMs;
  for (;;) {
    const answer = await runCtr(['version']).catch((error: unknown) => new Error('ctr version', { cause: error }));
    if (typeof answer === 'string') return;
    if (containerd.hasEnded()) throw new Error(`${await containerd.ended}:\n${await containerd.logTail()}`);
    if (performance.now() > deadline) throw answer;
    await pause(50);
  }
}

/** Between containerd and each pod; they outlive both. The namespace of processes holds no others. */
async function killShims(): Promise<void> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const shims = await Promise.all(
    pids.map(async (pid) => ((await commandOf(pid)).startsWith('containerd-shim') ? pid : '')),
  );
  killAll(shims.filter((pid) => pid !== ''));
}

async function commandOf(pid: string): Promise<string> {
  return readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
}

/** Resolves when no process is left in the cgroups of pods. */
async function killPods(cgroup: string): Promise<void> {
  for (;;) {
    const pids = await processesOf(cgroup);
    if (pids.length === 0) return;
    killAll(pids);
    await pause(20);
  }
}

/** The processes of a cgroup and those below, of whichever hierarchy. */
async function processesOf(cgroup: string): Promise<readonly string[]> {
  const top = '/sys/fs/cgroup';
  const pids = new Set<string>();
  for (const folder of [top, ...(await readdir(top)).map((name) => join(top, name))].map((path) =>
    join(path, cgroup),
  )) {
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    for (const name of names.filter((path) => path.endsWith('cgroup.procs'))) {
      const text = await readFile(join(folder, name), 'utf8').catch(() => '');
      for (const pid of text.split('\n')) if (pid !== '' && pid !== '0') pids.add(pid);
    }
  }
  return [...pids];
}

function killAll(pids: readonly string[]): void {
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It was faster.
    }
  }
}

/** Volumes in memory, mounts and sockets: what is on disk stays. */
async function forgetWhatAMachineForgets(folders: readonly string[]): Promise<void> {
  const lines = (await readFile('/proc/self/mounts', 'utf8')).split('\n');
  // A space in a path is written in octal.
  const mounts = lines.map((line) => (line.split(' ')[1] ?? '').replaceAll(String.raw`\040`, ' '));
  const gone = mounts.filter((path) => folders.some((folder) => path.startsWith(`${folder}/`)));
  // The innermost first.
  for (const path of gone.toReversed()) await run('umount', ['--lazy', path]);
  await rm(containerdFolder, { recursive: true, force: true });
}

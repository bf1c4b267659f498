/** Configuration files of a node's programs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { dnsServiceAddress, nodeAddress, nodeName, podRange } from './node-address.ts';

/** The image of sandboxes; imported when the node starts first. */
export const pauseImage = 'registry.local/pause:1';
/** Where Debian's containernetworking-plugins are. */
export const networkPlugins = '/usr/lib/cni';
/** Sockets and state of containerd: /run belongs to the node alone. */
export const containerdFolder = '/run/farpoint';
export const containerdSocket = `${containerdFolder}/containerd.sock`;

export interface NodeFiles {
  readonly containerd: string;
  readonly kubelet: string;
  readonly kubeProxy: string;
  /** kubelet's: below it are the volumes of pods. */
  readonly kubeletFolder: string;
}

export interface NodeFilesOptions {
  /** The node's own. */
  readonly folder: string;
  readonly cgroup: string;
  readonly caFile: string;
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly kubeProxyKubeconfig: string;
}

/** Writes them all. */
export async function writeNodeFiles(options: NodeFilesOptions): Promise<NodeFiles> {
  const file = (...path: string[]): string => join(options.folder, ...path);
  await mkdir(file('network'));
  await mkdir(containerdFolder, { recursive: true });
  await writeFile(file('network', '10-pods.conflist'), JSON.stringify(podNetwork(file('addresses'))));
  // No name server of the machine: what the cluster does not know, nobody knows.
  await writeFile(file('resolv.conf'), '');
  await writeFile(file('containerd.toml'), containerdConfig(options.folder));
  await writeFile(file('kubelet.yaml'), stringify(kubeletConfig(options)));
  await writeFile(file('kube-proxy.yaml'), stringify(kubeProxyConfig(options)));
  return {
    containerd: file('containerd.toml'),
    kubelet: file('kubelet.yaml'),
    kubeProxy: file('kube-proxy.yaml'),
    kubeletFolder: file('kubelet'),
  };
}

function containerdConfig(folder: string): string {
  return `version = 2
root = "${folder}/containerd"
state = "${containerdFolder}/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  # Without CAP_SYS_RESOURCE nobody may make a process less killable than its parent.
  restrict_oom_score_adj = true
  disable_tcp_service = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${networkPlugins}"
    conf_dir = "${folder}/network"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
`;
}

/** Each pod has a link to the node alone, so that all traffic is routed, and Services see both directions. */
function podNetwork(addresses: string): object {
  const ranges = [[{ subnet: podRange }]];
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      {
        type: 'ptp',
        ipMasq: false,
        ipam: { type: 'host-local', dataDir: addresses, ranges, routes: [{ dst: '0.0.0.0/0' }] },
      },
    ],
  };
}

function kubeletConfig({ folder, cgroup, caFile, certificateFile, keyFile }: NodeFilesOptions): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: nodeAddress,
    tlsCertFile: certificateFile,
    tlsPrivateKeyFile: keyFile,
    authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: caFile } },
    authorization: { mode: 'Webhook' },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroup}`,
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    clusterDNS: [dnsServiceAddress],
    clusterDomain: 'cluster.local',
    resolvConf: join(folder, 'resolv.conf'),
    podLogsDir: join(folder, 'pod-logs'),
    volumePluginDir: join(folder, 'volume-plugins'),
    // Images are imported, never pulled: none may go because nobody used it for a while, nor a pod for a full disk.
    imageGCHighThresholdPercent: 100,
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    nodeStatusUpdateFrequency: '4s',
    serializeImagePulls: false,
    healthzPort: 0,
  };
}

function kubeProxyConfig({ kubeProxyKubeconfig }: NodeFilesOptions): object {
  return {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    mode: 'nftables',
    clientConnection: { kubeconfig: kubeProxyKubeconfig },
    clusterCIDR: podRange,
    hostnameOverride: nodeName,
    bindAddress: nodeAddress,
    // The machine's limits are not ours to change.
    conntrack: { maxPerCore: 0, min: 0 },
    nftables: { minSyncPeriod: '100ms' },
  };
}

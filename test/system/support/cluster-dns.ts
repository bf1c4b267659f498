/** CoreDNS for the pods of a cluster: a process of the node, behind the Service `kube-dns`, where kubelet sends pods. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ChildProcesses, RunningChild } from '../../cluster/support/child-processes.ts';
import type { ControlPlane } from '../../cluster/support/start-control-plane.ts';
import { dnsServiceAddress, nodeAddress } from './node-address.ts';

export interface DnsSite {
  readonly controlPlane: ControlPlane;
  /** Holds coredns. */
  readonly programs: string;
  readonly folder: string;
  readonly logFolder: string;
  readonly children: ChildProcesses;
}

const user = 'system:coredns';
const readyAddress = '127.0.0.1:8181';

/** Whether it knows the cluster's Services. */
export async function isDnsReady(): Promise<boolean> {
  return (await fetch(`http://${readyAddress}/ready`).catch(() => null))?.ok ?? false;
}

/** Starts it. It serves names of the cluster and refuses all others. */
export async function startDns({
  controlPlane,
  programs,
  folder,
  logFolder,
  children,
}: DnsSite): Promise<RunningChild> {
  await controlPlane.apply(manifests);
  const { chainPem: certificatePem, privateKeyPem } = await controlPlane.authorities.clients.issueClient({
    name: user,
  });
  const kubeconfig = await controlPlane.kubeconfigFor({ certificatePem, privateKeyPem });
  const corefile = join(folder, 'Corefile');
  await writeFile(corefile, corefileText(kubeconfig));
  return children.start({
    name: 'coredns',
    command: join(programs, 'coredns'),
    args: ['-conf', corefile],
    logFile: join(logFolder, 'coredns.log'),
  });
}

function corefileText(kubeconfig: string): string {
  return `cluster.local in-addr.arpa ip6.arpa {
  errors
  health 127.0.0.1:8081
  ready ${readyAddress}
  kubernetes {
    kubeconfig "${kubeconfig}"
    pods insecure
    ttl 5
  }
  cache 5
}
`;
}

const manifests = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: ${user} }
rules:
  - { apiGroups: [''], resources: [services, pods, namespaces], verbs: [list, watch] }
  - { apiGroups: [discovery.k8s.io], resources: [endpointslices], verbs: [list, watch] }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: ${user} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${user} }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: ${user} }]
---
apiVersion: v1
kind: Service
metadata: { name: kube-dns, namespace: kube-system }
spec:
  clusterIP: ${dnsServiceAddress}
  ports:
    - { name: dns, port: 53, protocol: UDP }
    - { name: dns-tcp, port: 53, protocol: TCP }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: kube-dns, namespace: kube-system, labels: { kubernetes.io/service-name: kube-dns } }
addressType: IPv4
endpoints: [{ addresses: [${nodeAddress}] }]
ports:
  - { name: dns, port: 53, protocol: UDP }
  - { name: dns-tcp, port: 53, protocol: TCP }
`;

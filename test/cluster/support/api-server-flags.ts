/** The command line of kube-apiserver. */
import { join } from 'node:path';

/** Where an API server is found. */
export interface ApiServerPlace {
  /** It listens on this address, and says so to nodes. */
  readonly address: string;
  readonly serviceRange: string;
  /** The first of the range: the API server itself, as a Service. */
  readonly serviceAddress: string;
}

/** Where it is when nobody but tests on this machine calls it. */
export const loopback: ApiServerPlace = {
  address: '127.0.0.1',
  serviceRange: '10.0.0.0/24',
  serviceAddress: '10.0.0.1',
};

/** Files in the folder of a control plane. */
export const apiServerFiles = {
  certificate: 'server.crt',
  key: 'server.key',
  /** Who signed the certificates of servers, and of clients. */
  authority: 'serving.crt',
  clientAuthority: 'clients.crt',
  adminCertificate: 'admin.crt',
  adminKey: 'admin.key',
  /** The key pair of ServiceAccounts' tokens. */
  serviceAccountKey: 'service-accounts.key',
} as const;

export interface ApiServerSite {
  /** Holds the files. */
  readonly folder: string;
  readonly port: number;
  readonly etcdUrl: string;
  /** Null: there are no nodes, and the API server is on loopback. */
  readonly forNodes: ApiServerPlace | null;
}

/** The smallest set of flags that works. */
export function apiServerFlags({ folder, port, etcdUrl, forNodes }: ApiServerSite): readonly string[] {
  const file = (name: keyof typeof apiServerFiles): string => join(folder, apiServerFiles[name]);
  const { address, serviceRange } = forNodes ?? loopback;
  return [
    `--etcd-servers=${etcdUrl}`,
    `--bind-address=${address}`,
    `--advertise-address=${address}`,
    `--secure-port=${port}`,
    `--cert-dir=${join(folder, 'apiserver-certificates')}`,
    `--tls-cert-file=${file('certificate')}`,
    `--tls-private-key-file=${file('key')}`,
    `--client-ca-file=${file('clientAuthority')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-signing-key-file=${file('serviceAccountKey')}`,
    `--service-account-key-file=${file('serviceAccountKey')}`,
    `--service-cluster-ip-range=${serviceRange}`,
    '--profiling=false',
    ...(forNodes === null
      ? [
          '--authorization-mode=RBAC',
          '--endpoint-reconciler-type=none',
          // Some clusters have it: then who may not delete an object may not change its owners.
          '--enable-admission-plugins=OwnerReferencesPermissionEnforcement',
        ]
      : [
          '--authorization-mode=Node,RBAC',
          '--enable-admission-plugins=NodeRestriction',
          '--allow-privileged',
          '--kubelet-preferred-address-types=InternalIP',
          `--kubelet-certificate-authority=${file('authority')}`,
          `--kubelet-client-certificate=${file('adminCertificate')}`,
          `--kubelet-client-key=${file('adminKey')}`,
        ]),
  ];
}

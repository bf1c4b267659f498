/** Where the programs of the control plane are: a folder with etcd, kube-apiserver and kubectl, as envtest has it. */
import { join } from 'node:path';

export interface ControlPlaneAssets {
  readonly folder: string;
  readonly etcd: string;
  readonly kubeApiserver: string;
  readonly kubectl: string;
}

/** The programs in a folder. */
export function assetsIn(folder: string): ControlPlaneAssets {
  return {
    folder,
    etcd: join(folder, 'etcd'),
    kubeApiserver: join(folder, 'kube-apiserver'),
    kubectl: join(folder, 'kubectl'),
  };
}

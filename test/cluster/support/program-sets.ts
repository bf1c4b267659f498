/** What test/cluster/programs builds, and in which pieces: each is built when something needs it, from the same modules. */
import { join } from 'node:path';

/** The Go module. */
export const moduleFolder = join(import.meta.dirname, '..', 'programs');

/** One binary, and the names that it goes by. */
export interface ProgramSet {
  /** The binary, and the start of the folder's name that it is kept in. */
  readonly name: string;
  /** As `go build` takes it. */
  readonly goPackage: string;
  /** Of the module, besides go.mod and go.sum. */
  readonly sources: readonly string[];
  readonly programs: readonly string[];
}

/** All that the tests of the operator on an API server need. */
export const controlPlanePrograms = ownSet('control-plane', ['etcd', 'kube-apiserver', 'kubectl']);
/** What makes it a cluster that runs pods. */
export const nodePrograms = ownSet('node', [
  'coredns',
  'kube-controller-manager',
  'kube-proxy',
  'kube-scheduler',
  'kubelet',
]);
/** The only program of a sandbox's image. */
export const pauseProgram = ownSet('pause', ['pause']);
export const helmProgram: ProgramSet = {
  name: 'helm',
  goPackage: 'helm.sh/helm/v3/cmd/helm',
  sources: [],
  programs: ['helm'],
};

function ownSet(name: string, programs: readonly string[]): ProgramSet {
  return { name, goPackage: `./${name}`, sources: [`${name}/main.go`], programs };
}

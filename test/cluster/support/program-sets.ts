/** What test/cluster/programs builds, and in which pieces: each is built when something needs it. */
import { join } from 'node:path';

/** The Go module of what makes a cluster, and that of OPA, which wants other versions of what both are made of. */
export const clusterModule = join(import.meta.dirname, '..', 'programs');
const opaModule = join(clusterModule, 'opa');

/** One binary, and the names that it goes by. */
export interface ProgramSet {
  /** The binary, and the start of the folder's name that it is kept in. */
  readonly name: string;
  /** The folder of its go.mod. */
  readonly module: string;
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
  module: clusterModule,
  goPackage: 'helm.sh/helm/v3/cmd/helm',
  sources: [],
  programs: ['helm'],
};
/** The server that decides for the middleware `opa`. */
export const opaProgram: ProgramSet = {
  name: 'opa',
  module: opaModule,
  goPackage: 'github.com/open-policy-agent/opa',
  sources: [],
  programs: ['opa'],
};

function ownSet(name: string, programs: readonly string[]): ProgramSet {
  return { name, module: clusterModule, goPackage: `./${name}`, sources: [`${name}/main.go`], programs };
}

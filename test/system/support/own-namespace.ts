/** A namespace of one test file, gone with it. */
import type { Cluster } from './connect-cluster.ts';
import { untilAccepts } from './until-accepts.ts';

export interface OwnNamespace {
  readonly name: string;
  /** Runs kubectl in it. Resolves with what it prints, and throws what it says when it fails. */
  kubectl(...args: readonly string[]): Promise<string>;
  apply(...manifests: readonly string[]): Promise<void>;
  /** Resolves when every pod of these Deployments is up to date and ready. */
  rolledOut(...deployments: readonly string[]): Promise<void>;
  /** The address of a Service, as `http://10.96.3.4`, once it accepts connections. */
  serviceUrl(service: string): Promise<string>;
  /** The names of the pods with this label `app`. */
  podsOf(app: string): Promise<readonly string[]>;
  /** Begins its removal; its pods get no time to end. */
  remove(): Promise<void>;
}

const rolloutTimeout = '--timeout=120s';

/** Makes it. */
export async function makeOwnNamespace(cluster: Cluster, prefix: string): Promise<OwnNamespace> {
  const name = await cluster.createNamespace(prefix);
  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await cluster.kubectl([`--namespace=${name}`, ...args]);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  };
  return {
    name,
    kubectl,
    apply: (...manifests) => cluster.apply(manifests.join('\n---\n'), { namespace: name }),
    async rolledOut(...deployments) {
      await Promise.all(deployments.map((one) => kubectl('rollout', 'status', `deployment/${one}`, rolloutTimeout)));
    },
    async serviceUrl(service) {
      const address = await kubectl('get', 'service', service, '--output=jsonpath={.spec.clusterIP}');
      await untilAccepts(address, 80);
      return `http://${address}`;
    },
    podsOf: async (app) =>
      (await kubectl('get', 'pods', `--selector=app=${app}`, '--output=jsonpath={.items[*].metadata.name}'))
        .split(' ')
        .filter((pod) => pod !== ''),
    async remove() {
      await kubectl('delete', 'namespace', name, '--wait=false');
      await kubectl('delete', 'pods', '--all', '--grace-period=0', '--force', '--wait=false');
    },
  };
}

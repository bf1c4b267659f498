/** What the kubelet says of a pod, and the processes of its containers on the node. */
import type { Cluster } from './connect-cluster.ts';
import { runCtr } from './node-processes.ts';

export interface PodState {
  readonly isReady: boolean;
  readonly phase: string;
  /** Of every container, init containers first. */
  readonly containers: readonly {
    readonly name: string;
    /** `''`: none was made yet. */
    readonly containerID: string;
    readonly restartCount: number;
  }[];
}

interface ContainerStatus {
  readonly name: string;
  readonly containerID?: string;
  readonly restartCount: number;
}

interface PodObject {
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface PodName {
  readonly namespace: string;
  readonly name: string;
}

/** Reads it. Throws when there is no such pod. */
export async function podState(cluster: Cluster, { namespace, name }: PodName): Promise<PodState> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const { status } = await cluster.mustRequest<PodObject>({ method: 'GET', path });
  const { phase, conditions = [], initContainerStatuses = [], containerStatuses = [] } = status;
  return {
    phase,
    isReady: conditions.some((condition) => condition.type === 'Ready' && condition.status === 'True'),
    containers: [...initContainerStatuses, ...containerStatuses].map(({ containerID = '', ...rest }) => ({
      ...rest,
      containerID,
    })),
  };
}

/** Ends the first process of a container at once, as the kernel does when memory runs out. */
export async function killContainer(cluster: Cluster, pod: PodName, container: string): Promise<void> {
  const { containers } = await podState(cluster, pod);
  const id = containers.find(({ name }) => name === container)?.containerID.replace('containerd://', '') ?? '';
  const tasks = (await runCtr(['tasks', 'list'])).split('\n').map((line) => line.split(/ +/));
  const pid = tasks.find(([task]) => task === id)?.[1];
  if (id === '' || pid === undefined) throw new Error(`container ${container} of ${pod.name} does not run`);
  process.kill(Number(pid), 'SIGKILL');
}

/** What the user's containers get beside the proxy: each thing only where it is not there yet. Pure. */
import type { AppContainerPlan } from './injection-report.ts';
import { isNativeSidecar, proxyContainerName, type Container, type Pod } from './pod.ts';
import { socketVolume } from './proxy-volumes.ts';

/** The pod's spec with its containers, and init containers that go on, completed; unchanged ones stay the same objects. */
export function completeAppContainers(spec: Pod['spec'], plan: AppContainerPlan): Pod['spec'] {
  const hasSocket = (spec.volumes ?? []).some(({ name }) => name === socketVolume);
  const complete = (container: Container): Container =>
    container.name === proxyContainerName
      ? container
      : completed(container, hasSocket ? plan : { ...plan, socketPath: '' });
  const { initContainers } = spec;
  return {
    ...spec,
    containers: spec.containers.map(complete),
    ...(initContainers === null || initContainers === undefined
      ? {}
      : { initContainers: initContainers.map((init) => (isNativeSidecar(init) ? complete(init) : init)) }),
  };
}

function completed(container: Container, { env, socketPath }: AppContainerPlan): Container {
  const names = new Set((container.env ?? []).map(({ name }) => name));
  const missing = env.filter(({ name }) => !names.has(name));
  const mounts = container.volumeMounts ?? [];
  const needsSocket = socketPath !== '' && !mounts.some(({ mountPath }) => isSamePath(mountPath, socketPath));
  if (missing.length === 0 && !needsSocket) return container;
  return {
    ...container,
    ...(missing.length === 0 ? {} : { env: [...(container.env ?? []), ...missing] }),
    ...(needsSocket ? { volumeMounts: [...mounts, { name: socketVolume, mountPath: socketPath }] } : {}),
  };
}

/** A slash at the end makes no other folder. */
function isSamePath(one: string, other: string): boolean {
  return one === other || `${one}/` === other || one === `${other}/`;
}

/** Volumes of the user's pod that annotations mount into the proxy. Pure. */
import type { VolumeMount } from './injection-report.ts';
import type { Annotation, PodAnnotations } from './pod-annotations.ts';
import { ownMountPaths } from './proxy-volumes.ts';

export interface UserMounts {
  readonly mounts: readonly VolumeMount[];
  /** A sentence for each volume that the pod does not have. */
  readonly warnings: readonly string[];
}

const form = 'give VOLUME:/PATH, separated by commas';

/** Those whose volume the pod has; the others are left out with a warning, as in Dapr. */
export function userMounts(annotations: PodAnnotations, volumes: ReadonlySet<string>): UserMounts {
  const asked = [...mountsFrom('volume-mounts', annotations), ...mountsFrom('volume-mounts-rw', annotations)];
  const paths = new Set<string>(ownMountPaths);
  const mounts: VolumeMount[] = [];
  const warnings: string[] = [];
  for (const { mount, annotation } of asked) {
    if (!volumes.has(mount.volume)) {
      warnings.push(
        `annotation ${annotation.key}: the pod has no volume ${mount.volume}, so the proxy does not see it.`,
      );
      continue;
    }
    if (paths.has(mount.path))
      annotations.refuse(annotation, `something is mounted at ${mount.path} already; give another path`);
    paths.add(mount.path);
    mounts.push(mount);
  }
  return { mounts, warnings };
}

interface AskedMount {
  readonly mount: VolumeMount;
  readonly annotation: Annotation;
}

function mountsFrom(name: 'volume-mounts' | 'volume-mounts-rw', annotations: PodAnnotations): readonly AskedMount[] {
  const annotation = annotations.given(name);
  if (annotation === null) return [];
  const parts = annotation.value.split(',').map((part) => part.trim());
  const mounts = parts
    .filter((part) => part !== '')
    .flatMap((part) => {
      const [, volume = '', path = ''] = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)\s*:\s*(\/[^:]+)$/.exec(part) ?? [];
      return volume === '' ? [] : [{ volume, path: withoutSlash(path), isReadOnly: name === 'volume-mounts' }];
    });
  if (mounts.length < parts.filter((part) => part !== '').length) annotations.refuse(annotation, form);
  return mounts.map((mount) => ({ mount, annotation }));
}

function withoutSlash(path: string): string {
  let end = path.length;
  while (end > 1 && path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

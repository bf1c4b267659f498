/** The volumes that the proxy needs, and where it sees them. Pure. */
import { trustBundleConfigMap } from '../kube/permissions.ts';
import type { Named } from './pod.ts';

/** Holds the socket of the API, where the pod asks for one. */
export const socketFolder = '/var/run/dapr-sockets';
/** Keeps the last table over a restart of the container. */
export const tableFolder = '/var/run/farpoint/tables';
export const socketVolume = 'farpoint-sockets';

export const tokenVolume = 'farpoint-token';
const trustVolume = 'farpoint-trust';
const tableVolume = 'farpoint-tables';
/** The kubelet renews the token when four fifths of it are over. */
const tokenSeconds = 3600;
/** Memory of the proxy: beyond it the table is not kept, and nothing else happens. */
const tableSize = '64Mi';

/** Paths that nothing else may be mounted at in the proxy. */
export const ownMountPaths: readonly string[] = [
  '/var/run/secrets/farpoint.dev/token',
  '/var/run/secrets/farpoint.dev/trust',
  tableFolder,
  socketFolder,
];

/** Names that no volume of the user can have. */
export const ownVolumes: readonly string[] = [tokenVolume, trustVolume, tableVolume, socketVolume];

export interface VolumesQuestion {
  readonly tokenAudience: string;
  readonly hasSocket: boolean;
}

/** The volumes of the pod. Without the trust bundle no proxy can trust anybody, so the pod waits for it. */
export function proxyVolumes({ tokenAudience, hasSocket }: VolumesQuestion): readonly Named[] {
  const serviceAccountToken = { audience: tokenAudience, expirationSeconds: tokenSeconds, path: 'token' };
  return [
    { name: tokenVolume, projected: { sources: [{ serviceAccountToken }] } },
    { name: trustVolume, configMap: { name: trustBundleConfigMap } },
    { name: tableVolume, emptyDir: { medium: 'Memory', sizeLimit: tableSize } },
    ...(hasSocket ? [{ name: socketVolume, emptyDir: { medium: 'Memory' } }] : []),
  ];
}

/** Where the proxy sees them. */
export function proxyVolumeMounts(hasSocket: boolean): readonly Named[] {
  return [
    { name: tokenVolume, mountPath: '/var/run/secrets/farpoint.dev/token', readOnly: true },
    { name: trustVolume, mountPath: '/var/run/secrets/farpoint.dev/trust', readOnly: true },
    { name: tableVolume, mountPath: tableFolder },
    ...(hasSocket ? [{ name: socketVolume, mountPath: socketFolder }] : []),
  ];
}

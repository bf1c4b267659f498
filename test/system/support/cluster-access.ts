/** What somebody needs to use a cluster that runs; plain data, so that it can go to another process. */
import type { ControlPlaneAccess } from '../../cluster/support/control-plane-access.ts';

export interface ClusterAccess extends ControlPlaneAccess {
  readonly helmPath: string;
  /** Takes orders for the node: see NodeSwitch. */
  readonly switchSocket: string;
  /** Holds one log per program of the node. */
  readonly logFolder: string;
}

/** The control plane that the test files of a run share. Take a namespace of your own from it, and never restart it. */
import { inject } from 'vitest';
import { connectControlPlane, type ControlPlaneClient } from './connect-control-plane.ts';
import type { ControlPlaneAccess } from './control-plane-access.ts';

declare module 'vitest' {
  interface ProvidedContext {
    readonly controlPlane: ControlPlaneAccess;
  }
}

/** Connects to it. A test that restarts, compacts or overloads a control plane starts its own. */
export function sharedControlPlane(): ControlPlaneClient {
  return connectControlPlane(inject('controlPlane'));
}

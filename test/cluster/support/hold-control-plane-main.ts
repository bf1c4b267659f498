/** Starts a control plane, prints where it is, and holds it until this process ends: for the test of a test that is killed. */
import { startControlPlane } from './start-control-plane.ts';

const { access } = await startControlPlane();
process.stdout.write(`${JSON.stringify({ folder: access.folder, server: access.server })}\n`);
setInterval(() => undefined, 60_000);

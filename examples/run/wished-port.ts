/** The port that `PORT=` asks make for, before anything starts. */
import { freePort, isPortFree } from './free-port.ts';

/** The proxy's port; or the sentence that says why it cannot be. make passes an empty wish where there is none. */
export async function wishedPort(wish: string, target: 'run' | 'cluster'): Promise<number | string> {
  const port = /^\d{1,5}$/.test(wish) ? Number(wish) : wish === '' ? 3500 : Number.NaN;
  if (!(port <= 65_535)) return `PORT=${wish} is not a port: give a number from 0 to 65535.`;
  if (!(await isPortFree(port)))
    return `Port ${port} is taken: end what listens there, or choose another, as in make ${target} PORT=3600.`;
  return port === 0 ? freePort() : port;
}

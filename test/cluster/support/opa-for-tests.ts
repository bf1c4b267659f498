/** Whether the tests on OPA can run here. */
import { isOpaWithinReach } from './find-opa.ts';

/** False: there is neither OPA nor Go, and the tests are to be skipped, aloud; never where CI runs them. */
export async function canTestOpa(): Promise<boolean> {
  if (process.env['CI'] === 'true' || (await isOpaWithinReach())) return true;
  process.stderr.write('\nSKIPPED: the tests of OPA: OPA names no opa, and no Go is on the PATH to build one.\n');
  return false;
}

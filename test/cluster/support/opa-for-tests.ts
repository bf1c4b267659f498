/** OPA for the tests that need it. */
import { findOpa, isOpaWithinReach } from './find-opa.ts';

/** Builds it if need be, for which no test has the time. False: there is neither OPA nor Go, and the tests are to be skipped, aloud; never where CI runs them. */
export async function canTestOpa(): Promise<boolean> {
  if (process.env['CI'] === 'true' || (await isOpaWithinReach())) {
    await findOpa();
    return true;
  }
  process.stderr.write('\nSKIPPED: the tests of OPA: OPA names no opa, and no Go is on the PATH to build one.\n');
  return false;
}

/** The text of `farpoint operator --help`, from the table of flags. Pure. */
import { flagLinesByGroup } from './flag-lines.ts';
import { operatorFlags } from './operator-flags.ts';

/** Returns the usage text, grouped, with defaults and environment variables. */
export function operatorUsage(): string {
  return [
    'farpoint operator: compiles HTTPEndpoints and their Secrets and pushes them to proxies.\n',
    'Usage: farpoint operator [flags]\n',
    ...flagLinesByGroup(operatorFlags),
    'One dash works as well as two: -port 6500, --port 6500, --port=6500. Switch something off with =false.\n',
  ].join('\n');
}

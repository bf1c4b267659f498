/** What a command line of `farpoint operator` asks for: to run, or to print and then exit. Pure. */
import { ConfigError } from '../errors/config-error.ts';
import { operatorFlags } from './operator-flags.ts';
import { parseFlags, type Environment } from './parse-flags.ts';

export type OperatorMode = 'help' | 'version' | 'run';

/** Throws ConfigError when something is printed by a command line that holds mistakes. */
export function operatorModeFrom(argv: readonly string[], env: Environment): OperatorMode {
  const { values, mistakes } = parseFlags(argv, env, operatorFlags);
  if (values.help) return 'help';
  if (!values.version) return 'run';
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return 'version';
}

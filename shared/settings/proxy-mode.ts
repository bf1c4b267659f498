/** What a command line of `farpoint proxy` asks for: to run, or to print or wait and then exit. Pure. */
import { ConfigError } from '../errors/config-error.ts';
import { ignoredFlags } from './ignored-flags.ts';
import { parseFlags, type Environment } from './parse-flags.ts';
import { withoutBrackets } from './proxy-flag-rules.ts';
import { proxyFlags } from './proxy-flags.ts';

/** Where `--wait` asks whether a proxy can call out. */
export interface OutboundAddress {
  readonly host: string;
  readonly port: number;
}

export type ProxyMode =
  | { readonly kind: 'help' | 'version' | 'build-info' | 'run' }
  | ({ readonly kind: 'wait' } & OutboundAddress);

/** Listening there is listening everywhere, this machine included. */
const everywhere: readonly string[] = ['', '0.0.0.0', '::'];

/** Throws ConfigError when something is printed or waited for by a command line that holds mistakes. */
export function proxyModeFrom(argv: readonly string[], env: Environment): ProxyMode {
  const { values, mistakes } = parseFlags(argv, env, [...proxyFlags, ...ignoredFlags]);
  if (values.help) return { kind: 'help' };
  const kind = values.version ? 'version' : values['build-info'] ? 'build-info' : values.wait ? 'wait' : 'run';
  // Running finds these mistakes too, and more of them.
  if (kind !== 'run' && mistakes.length > 0) throw new ConfigError(mistakes);
  if (kind !== 'wait') return { kind };
  const address = withoutBrackets(values['dapr-listen-addresses'][0] ?? '');
  return { kind, host: everywhere.includes(address) ? 'localhost' : address, port: values['dapr-http-port'] ?? 3500 };
}

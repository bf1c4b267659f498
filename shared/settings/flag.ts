/** What is known of a flag. The tables of flags are data: the parser, the usage text and the tests read them. */
import type { FlagKind } from './flag-value.ts';

export type FlagGroup =
  | 'Application'
  | 'Kubernetes'
  | 'Proxies'
  | 'Tables'
  | 'Injection'
  | 'Webhooks'
  | 'Pods and their Services'
  | 'API'
  | 'Resources'
  | 'Control plane'
  | 'Limits'
  | 'Upstreams'
  | 'Shutdown'
  | 'Logs and metrics'
  | 'Print or wait, then exit'
  | 'Accepted from daprd, without effect on invocation';

export interface Flag {
  readonly name: string;
  readonly kind: FlagKind;
  /** As it would be given; `null`: not given is a state of its own. */
  readonly default: string | null;
  readonly group: FlagGroup;
  /** One line for `--help`. */
  readonly text: string;
  /** Read when the flag is not given; `''`: none. */
  readonly env: string;
}

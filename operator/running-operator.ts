/** What whoever started an operator holds of it. */

export type EndManner = 'graceful' | 'forced';

export interface RunningOperator {
  /** Where proxies connect; 0 until it listens. */
  readonly pushPort: number;
  /** Where the API server asks about Pods and objects of ours; 0 until it listens. */
  readonly webhookPort: number;
  readonly metricsPort: number;
  /** Whether proxies are served. */
  isReady(): boolean;
  /** Whether this replica writes status, authority and trust bundles. */
  isLeader(): boolean;
  /** What is missing before it is ready, a sentence each. */
  missing(): readonly string[];
  /** Begins the graceful shutdown; once begun, another call changes nothing. */
  shutdown(): void;
  /** Settles when everything is closed. `forced`: a part failed, or connections had to be cut. */
  readonly ended: Promise<EndManner>;
}

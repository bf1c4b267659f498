/** What `farpoint operator` runs with: every flag and environment variable that concerns it, parsed and checked. */
import type { LogLevel } from '../logger/logger.ts';

export interface OperatorSettings {
  /** Empty: all namespaces. */
  readonly watchNamespaces: readonly string[];
  /** The operator's own: its Leases and its Secret are there. */
  readonly namespace: string;
  /** Path of a file; `''`: the ServiceAccount of the pod. */
  readonly kubeconfig: string;
  /** What the kubelet tells each container; `''` outside of a pod. */
  readonly inCluster: { readonly host: string; readonly port: string };
  /** Tells replicas apart; usable in the name of an object. */
  readonly replicaName: string;
  readonly leaseDurationMs: number;
  /** Where proxies connect. Port 0: any free one. */
  readonly listen: { readonly address: string; readonly port: number };
  /** Host names and IP addresses of the serving certificate; at least one. */
  readonly serviceNames: readonly string[];
  /** Where other replicas reach this one. Port `null`: the one that the operator listens on. */
  readonly advertise: { readonly host: string; readonly port: number | null };
  /** Name of the operator's own ServiceAccount, by which replicas know each other. */
  readonly serviceAccount: string;
  /** File with a token of it; read again for each use. */
  readonly peerTokenFile: string;
  /** Of the tokens that proxies present. */
  readonly tokenAudience: string;
  /** Of the annotations app-id and config, without a slash; a later one beats an earlier one. */
  readonly annotationPrefixes: readonly string[];
  /** A change waits so long for others that follow it, and never longer than `maxHoldOffMs`. */
  readonly holdOffMs: number;
  readonly maxHoldOffMs: number;
  /** For connections to end by themselves at a shutdown. */
  readonly shutdownGraceMs: number;
  /** Where /healthz, /readyz and /metrics are served. Port 0: any free one. */
  readonly metrics: { readonly address: string; readonly port: number };
  readonly log: { readonly level: LogLevel; readonly json: boolean };
}

/** What `farpoint operator` runs with: every flag and environment variable that concerns it, parsed and checked. */
import type { LogLevel } from '../logger/logger.ts';
import type { ProxyPodSettings } from './proxy-pod-settings.ts';

/** `report`: Event and metric; `evict`: these, then eviction. */
export type RepairMode = 'off' | 'report' | 'evict';

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
  /** Of annotations on pods, without a slash; a later one beats an earlier one. `farpoint.dev` is always among them. */
  readonly annotationPrefixes: readonly string[];
  /** A change waits so long for others that follow it, and never longer than `maxHoldOffMs`. */
  readonly holdOffMs: number;
  readonly maxHoldOffMs: number;
  /** What a proxy is like that is put into a pod. */
  readonly proxy: ProxyPodSettings;
  readonly webhooks: {
    /** Port 0: any free one. */
    readonly listen: { readonly address: string; readonly port: number };
    /** MutatingWebhookConfiguration whose caBundle the leader keeps current; `''`: none. */
    readonly injectorName: string;
    /** The same for the ValidatingWebhookConfiguration. */
    readonly validatorName: string;
  };
  /** The headless Services `<app-id>-dapr`. */
  readonly services: { readonly isOn: boolean };
  /** Of pods that are annotated and have no proxy. */
  readonly repair: {
    readonly mode: RepairMode;
    readonly intervalMs: number;
    /** Where the injector is not asked; the operator's own namespace comes on top. */
    readonly excludedNamespaces: readonly string[];
    readonly evictionsPerMinute: number;
  };
  /** ClusterRole that owns everything that the operator makes; `''`: nothing does. */
  readonly ownerClusterRole: string;
  /** For connections to end by themselves at a shutdown. */
  readonly shutdownGraceMs: number;
  /** Where /healthz, /readyz and /metrics are served. Port 0: any free one. */
  readonly metrics: { readonly address: string; readonly port: number };
  readonly log: { readonly level: LogLevel; readonly json: boolean };
}

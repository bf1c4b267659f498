/** What the operator's settings say about the proxies that it puts into pods. */
import type { UrlCalls } from './url-calls.ts';

export const imagePullPolicies = ['Always', 'IfNotPresent', 'Never'] as const;
export type ImagePullPolicy = (typeof imagePullPolicies)[number];

export const proxyContainers = ['auto', 'native', 'classic'] as const;
/** `native`: an init container with restartPolicy Always; `classic`: a container beside the others; `auto`: by the API server. */
export type ProxyContainer = (typeof proxyContainers)[number];

/** Kubernetes quantities as they were written; `''`: none. */
export interface ProxyResources {
  readonly cpuRequest: string;
  readonly cpuLimit: string;
  readonly memoryRequest: string;
  readonly memoryLimit: string;
}

export interface ProxyPodSettings {
  /** `''`: nothing is injected. */
  readonly image: string;
  /** `null`: Kubernetes chooses by the tag. */
  readonly imagePullPolicy: ImagePullPolicy | null;
  /** Names of Secrets in the namespace of the pod. */
  readonly imagePullSecrets: readonly string[];
  /** host:port of the operator. */
  readonly controlPlaneAddress: string;
  readonly container: ProxyContainer;
  readonly resources: ProxyResources;
  /** `null`: image and platform choose. Never 0. */
  readonly runAsUser: number | null;
  readonly runAsGroup: number | null;
  readonly urlCalls: UrlCalls;
  readonly logAsJson: boolean;
}

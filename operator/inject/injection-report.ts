/** What is decided about a pod before anything is changed. */
import type { ImagePullPolicy, ProxyResources } from '#shared/settings/proxy-pod-settings.ts';

export type InjectionReport =
  | { readonly kind: 'inject'; readonly plan: ProxyPlan; readonly warnings: readonly string[] }
  | {
      readonly kind: 'skip';
      readonly reason: SkipReason;
      readonly message: string;
      /** What containers get that another webhook added after Farpoint's proxy; null: the pod has none of ours. */
      readonly completion: AppContainerPlan | null;
    }
  /** Every mistake of the pod, a sentence each. */
  | { readonly kind: 'refuse'; readonly mistakes: readonly string[] };

export type SkipReason =
  /** No annotation asks for a proxy, or one says no. */
  | 'NotEnabled'
  /** It has its proxy. */
  | 'AlreadyInjected'
  /** There is a container with the proxy's name that is not ours, such as Dapr's. */
  | 'OtherProxy'
  /** The operator knows no image of the proxy. */
  | 'InjectionOff'
  /** The kubelet runs it from a file of the node; the API server only shows it. */
  | 'StaticPod';

/** Everything about the proxy that goes into a pod: `injectProxy` needs nothing else. */
export interface ProxyPlan {
  readonly appId: string;
  /** `native`: an init container that goes on; `classic`: a container beside the others. */
  readonly container: 'native' | 'classic';
  readonly image: string;
  /** `null`: Kubernetes chooses. */
  readonly imagePullPolicy: ImagePullPolicy | null;
  readonly imagePullSecrets: readonly string[];
  /** Arguments of `farpoint proxy`. */
  readonly args: readonly string[];
  readonly env: readonly EnvironmentVariable[];
  readonly resources: ProxyResources;
  readonly probes: { readonly liveness: ProbeTimes; readonly readiness: ProbeTimes };
  readonly security: {
    readonly runAsUser: number | null;
    readonly runAsGroup: number | null;
    readonly seccompProfileType: 'RuntimeDefault' | 'Unconfined';
  };
  /** `null`: no metrics. */
  readonly metricsPort: number | null;
  /** Volumes of the user that the proxy sees too. */
  readonly mounts: readonly VolumeMount[];
  /** Of the projected token. */
  readonly tokenAudience: string;
  readonly app: AppContainerPlan;
}

/** What the other containers get, each only where the user has not set it. */
export interface AppContainerPlan {
  readonly env: readonly EnvironmentVariable[];
  /** Where they see the folder of the proxy's socket; `''`: there is none. */
  readonly socketPath: string;
}

/** An alias, as an object of a Pod may have any other field too. */
export type EnvironmentVariable = {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: {
    readonly secretKeyRef?: { readonly name: string; readonly key: string };
    readonly fieldRef?: { readonly fieldPath: string };
  };
};

export interface ProbeTimes {
  readonly delaySeconds: number;
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
  readonly threshold: number;
}

export interface VolumeMount {
  readonly volume: string;
  readonly path: string;
  readonly isReadOnly: boolean;
}

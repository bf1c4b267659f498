/** What somebody needs to use a control plane that runs; plain data, so that it can go to another process. */
export interface ControlPlaneAccess {
  /** `https://127.0.0.1:<port>`. */
  readonly server: string;
  /** Whom to trust as the API server. */
  readonly caPem: string;
  /** Kubeconfig of an administrator (group system:masters). */
  readonly kubeconfigPath: string;
  readonly admin: { readonly certificatePem: string; readonly privateKeyPem: string };
  readonly kubectlPath: string;
  readonly etcdUrl: string;
  /** Everything of this control plane is below it; it goes with it. */
  readonly folder: string;
}

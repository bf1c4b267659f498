/** Kubeconfig files: where the API server is, whom to trust, and who one is. */
import { stringify } from 'yaml';

export type KubeUser = { readonly token: string } | { readonly certificatePem: string; readonly privateKeyPem: string };

export interface KubeconfigOptions {
  readonly server: string;
  readonly caPem: string;
  readonly user: KubeUser;
  /** `''`: kubectl's own default. */
  readonly namespace?: string;
}

/** The text of a kubeconfig with everything inside. */
export function kubeconfigText({ server, caPem, user, namespace = '' }: KubeconfigOptions): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'test', cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: 'user', user: credentials(user) }],
    contexts: [
      { name: 'test', context: { cluster: 'test', user: 'user', ...(namespace === '' ? {} : { namespace }) } },
    ],
    'current-context': 'test',
  });
}

function credentials(user: KubeUser): Readonly<Record<string, string>> {
  if ('token' in user) return { token: user.token };
  return {
    'client-certificate-data': base64(user.certificatePem),
    'client-key-data': base64(user.privateKeyPem),
  };
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

/** What an operator is given in a cluster: what it declares, and nothing more. */
import { expect, test } from 'vitest';
import { installFarpoint } from './support/install-farpoint.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';

const shared = sharedControlPlane();

async function mayDo(kubeconfig: string, args: readonly string[]): Promise<string> {
  const { stdout } = await shared.kubectl(['auth', 'can-i', ...args], { kubeconfig });
  return stdout.trim();
}

test('an operator may do what it declares', async () => {
  const namespace = await shared.createNamespace();
  const { kubeconfigPath } = await installFarpoint(shared, { namespace });
  expect(await mayDo(kubeconfigPath, ['watch', 'httpendpoints.dapr.io', '--all-namespaces'])).toBe('yes');
  expect(await mayDo(kubeconfigPath, ['patch', 'httpendpoints.dapr.io', '--subresource=status', '-A'])).toBe('yes');
  expect(await mayDo(kubeconfigPath, ['update', 'secrets/farpoint-control-plane', `-n=${namespace}`])).toBe('yes');
  expect(await mayDo(kubeconfigPath, ['create', 'tokenreviews.authentication.k8s.io'])).toBe('yes');
});

test('an operator may do nothing that it does not declare', async () => {
  const namespace = await shared.createNamespace();
  const { kubeconfigPath } = await installFarpoint(shared, { namespace });
  expect(await mayDo(kubeconfigPath, ['update', 'httpendpoints.dapr.io', '--all-namespaces'])).toBe('no');
  expect(await mayDo(kubeconfigPath, ['update', 'secrets', `-n=${namespace}`])).toBe('no');
  expect(await mayDo(kubeconfigPath, ['create', 'pods', `-n=${namespace}`])).toBe('no');
  expect(await mayDo(kubeconfigPath, ['create', 'serviceaccounts', '--subresource=token'])).toBe('no');
});

test('an operator of some namespaces sees no other', async () => {
  const [namespace, watched, other] = [
    await shared.createNamespace(),
    await shared.createNamespace(),
    await shared.createNamespace(),
  ];
  const { kubeconfigPath } = await installFarpoint(shared, { namespace, watchNamespaces: [watched] });
  expect(await mayDo(kubeconfigPath, ['get', 'secrets', `-n=${watched}`])).toBe('yes');
  expect(await mayDo(kubeconfigPath, ['get', 'secrets', `-n=${other}`])).toBe('no');
  expect(await mayDo(kubeconfigPath, ['list', 'httpendpoints.dapr.io', '--all-namespaces'])).toBe('no');
});

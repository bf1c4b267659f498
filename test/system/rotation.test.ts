/** A client certificate and an authority are exchanged while calls run: none fails, and no pod starts anew. */
import { X509Certificate } from 'node:crypto';
import { beforeAll, beforeEach, expect, test } from 'vitest';
import { CertificateAuthority, type IssuedCertificate } from '../../examples/certificates/certificate-authority.ts';
import { endpointManifest, secretManifest } from '../support/tls-manifests.ts';
import { callingDeployment, importCallingApp } from './support/calling-app.ts';
import { installChart } from './support/install-chart.ts';
import { nodeAddress } from './support/node-address.ts';
import { makeOwnNamespace, type OwnNamespace } from './support/own-namespace.ts';
import { sharedCluster } from './support/shared-cluster.ts';
import { showWhenFailed } from './support/show-namespaces.ts';
import { startSerialServer } from './support/start-node-server.ts';
import { startSteadyRequests } from './support/steady-requests.ts';

const cluster = sharedCluster();
/** After a change, calls are to show it within this. */
const soonMs = 10_000;
let own: OwnNamespace;

beforeAll(async () => {
  await Promise.all([installChart(cluster), importCallingApp(cluster)]);
  own = await makeOwnNamespace(cluster, 'rotation');
  return () => own.remove();
});

beforeEach(() => showWhenFailed(cluster, () => [own.name]));

const serialOf = ({ certificatePem }: IssuedCertificate): string => new X509Certificate(certificatePem).serialNumber;

const issueServer = async (
  authority: CertificateAuthority,
): Promise<{ readonly cert: string; readonly key: string }> => {
  const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: [nodeAddress] });
  return { cert: chainPem, key: privateKeyPem };
};

/** Exchanges what the Secret holds, as cert-manager would. */
async function writeSecret(
  client: Pick<IssuedCertificate, 'chainPem' | 'privateKeyPem'>,
  ...roots: readonly CertificateAuthority[]
): Promise<void> {
  const ca = roots.map(({ certificatePem }) => certificatePem).join('');
  const data = { 'tls.crt': client.chainPem, 'tls.key': client.privateKeyPem, 'ca.crt': ca };
  await own.apply(secretManifest('vault-client', data));
}

test('a new client certificate, and then a new authority, reach calls that go on all the time', async () => {
  const [first, second] = await Promise.all([
    CertificateAuthority.create('first'),
    CertificateAuthority.create('second'),
  ]);
  const clientOf = (authority: CertificateAuthority): Promise<IssuedCertificate> =>
    authority.issueClient({ name: 'orders' });
  const vault = await startSerialServer({ ...(await issueServer(first)), ca: [first.certificatePem] });
  let client = await clientOf(first);
  await writeSecret(client, first);
  const secret = (key: string): { readonly secret: string; readonly key: string } => ({ secret: 'vault-client', key });
  const tls = { rootCa: secret('ca.crt'), certificate: secret('tls.crt'), privateKey: secret('tls.key') };
  await own.apply(
    endpointManifest({ name: 'vault', baseUrl: vault.origin, ...tls }),
    callingDeployment({ name: 'orders', annotations: { 'dapr.io/app-port': '8080' } }),
  );
  await own.rolledOut('orders');
  const podsBefore = await podsAndRestarts();

  const url = `${await own.serviceUrl('orders')}/v1.0/invoke/vault/method/serial`;
  const calls = startSteadyRequests({ url, lanes: 4 });
  await calls.until(serialOf(client), soonMs);
  const took: string[] = [];
  const rotate = async (
    what: string,
    to: IssuedCertificate,
    ...roots: readonly CertificateAuthority[]
  ): Promise<void> => {
    const before = serialOf(client);
    client = to;
    await writeSecret(client, ...roots);
    took.push(`${what} ${Math.round(await calls.until(serialOf(client), soonMs))} ms`);
    // One pod, and one table after the other: none of those that begin now goes back.
    expect(await calls.next()).not.toContain(before);
  };
  // Somebody writes one half before the other: until they match, what was there is used.
  const next = await clientOf(first);
  await writeSecret({ chainPem: next.chainPem, privateKeyPem: client.privateKeyPem }, first);
  const reason = '{.status.conditions[?(@.type=="ResolvedRefs")].reason}';
  await own.kubectl('wait', `--for=jsonpath=${reason}=KeyMismatch`, 'httpendpoint/vault', '--timeout=10s');
  expect(new Set(await calls.next())).toEqual(new Set([serialOf(client)]));
  await rotate('certificate', next, first);
  // Another authority: first both sides trust it, then they use it, then the first one is forgotten.
  await rotate('both roots', await clientOf(first), first, second);
  const both = [first.certificatePem, second.certificatePem];
  vault.change({ ...(await issueServer(second)), ca: both });
  await calls.next();
  await rotate('certificate of the new authority', await clientOf(second), first, second);
  vault.change({ ...(await issueServer(second)), ca: [second.certificatePem] });
  await rotate('the new root alone', await clientOf(second), second);
  await calls.next();
  await calls.stop();

  process.stdout.write(`${calls.count} calls, ${calls.failures.length} failed; ${took.join(', ')}\n`);
  expect(calls.failures).toEqual([]);
  expect(await podsAndRestarts()).toBe(podsBefore);
  await vault.close();
});

/** Names, uids and how often each of their containers has started anew. */
function podsAndRestarts(): Promise<string> {
  const restarts = '{.status.initContainerStatuses[*].restartCount} {.status.containerStatuses[*].restartCount}';
  return own.kubectl(
    'get',
    'pods',
    `--output=jsonpath={range .items[*]}{.metadata.name} {.metadata.uid} ${restarts};{end}`,
  );
}

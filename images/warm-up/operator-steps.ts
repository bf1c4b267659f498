/** What can be seen of an operator without a cluster: it loads everything, and asks an API server that has trouble. */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { systemClock } from '#shared/clock/clock.ts';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import type { WarmUpStep } from './warm-up.ts';

/** The second try is the first one that uses a connection again; one more, for good measure. */
const enoughRequests = 3;
/** For what ends later, and for timers of up to a second. */
const quietMs = 1_500;

/** One operator whose API server answers 503. Files are made in the folder; the server ends with the signal. */
export async function operatorSteps(folder: string, signal: AbortSignal): Promise<readonly WarmUpStep[]> {
  const authority = await CertificateAuthority.create('warm-up');
  const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: ['127.0.0.1'] });
  const asked = Promise.withResolvers<null>();
  let requests = 0;
  const server = createServer({ cert: chainPem, key: privateKeyPem }, (request, response) => {
    request.resume();
    response.writeHead(503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 503 }));
    requests += 1;
    if (requests === enoughRequests) asked.resolve(null);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  signal.addEventListener('abort', () => {
    server.close();
    server.closeAllConnections();
  });
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigOf((server.address() as AddressInfo).port, authority.certificatePem));
  const ports = ['--port', '0', '--webhook-port', '0', '--metrics-port', '0'];
  return [
    {
      argv: ['--kubeconfig', kubeconfig, '--replica-name', 'warm-up', ...ports],
      use: async () => {
        await asked.promise;
        await systemClock.sleep(quietMs, new AbortController().signal);
      },
    },
  ];
}

function kubeconfigOf(port: number, caPem: string): string {
  const authority = Buffer.from(caPem).toString('base64');
  const server = `https://127.0.0.1:${port}`;
  const cluster = { name: 'warm-up', cluster: { server, 'certificate-authority-data': authority } };
  const context = { name: 'warm-up', context: { cluster: 'warm-up', user: 'warm-up' } };
  const user = { name: 'warm-up', user: { token: 'warm-up' } };
  return JSON.stringify({ clusters: [cluster], contexts: [context], users: [user], 'current-context': 'warm-up' });
}

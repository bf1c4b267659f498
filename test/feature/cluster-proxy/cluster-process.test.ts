/** The program itself in kubernetes mode, as an injector starts it. */
import { expect, test } from 'vitest';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { messagesOf, startTestOperator } from '../../support/start-test-operator.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { tableOf } from '../../support/table-of.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { startProxyProcess } from '../cli/farpoint-process.ts';

test('serves what its operator sends, over many tables and streams, and ends gracefully without a warning', async () => {
  const upstream = await startUpstream((request, response) => response.end(request.url));
  const operator = await startTestOperator();
  const tables = Array.from({ length: 30 }, (_, index) => tableOf(httpEndpoint('far', `${upstream.origin}/${index}`)));
  const { farpoint, url } = await startProxyProcess(
    [
      '--mode',
      'kubernetes',
      '--dapr-grpc-port=50001',
      '--control-plane-address',
      `localhost:${operator.port}`,
      `--control-plane-token-file=${operator.tokenFile}`,
      `--control-plane-ca-file=${operator.caFile}`,
      `--table-cache-dir=${await temporaryFolder()}`,
      '--sentry-address',
      'dapr-sentry.dapr-system.svc.cluster.local:443',
      '--config=appconfig',
    ],
    { env: { NAMESPACE: 'shop', POD_NAME: 'orders-0', HTTPS_PROXY: 'http://127.0.0.1:1' } },
  );
  await waitUntil(() => operator.streams.length === 1);
  expect((await fetch(`${url}/v1.0/healthz`)).status).toBe(500);
  for (const [index, table] of tables.entries()) {
    operator.streams.at(-1)?.send(...messagesOf(table));
    await waitUntil(() => operator.acknowledgements.length === index + 1);
    expect(await (await fetch(`${url}/v1.0/invoke/far/method/x`)).text()).toBe(`/${index}/x`);
  }
  await farpoint.logged('proxy is ready');
  const ignored = await farpoint.logged('these flags have no effect on invocation');
  expect(ignored['flags']).toEqual(['--sentry-address']);
  farpoint.child.kill('SIGTERM');
  expect(await farpoint.ended).toMatchObject({ code: 0, stderr: '' });
  await waitUntil(() => operator.streams.every(({ isClosed }) => isClosed));
});

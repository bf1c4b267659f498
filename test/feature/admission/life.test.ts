/** The webhooks' server from its first answer to its last. */
import { Agent } from 'node:https';
import { describe, expect, onTestFinished, test } from 'vitest';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { allowed } from '../../../operator/admission/admission-answer.ts';
import { askPush } from '../../support/push-reader.ts';
import { askAdmission, reviewText, startTestAdmissionServer } from '../../support/start-test-admission-server.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

const body = reviewText({ object: {} });

test('another certificate is presented to whoever connects next', async () => {
  const server = await startTestAdmissionServer();
  const authority = await CertificateAuthority.create('next');
  const { chainPem, privateKeyPem } = await authority.issueServer({ hosts: ['localhost'] });
  server.present({ certificateChainPem: chainPem, privateKeyPem });
  await expect(askAdmission(server, '/inject', body)).rejects.toMatchObject({
    code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
  const next = { port: server.port, caPem: authority.certificatePem };
  expect(await askAdmission(next, '/inject', body)).toMatchObject({ status: 200 });
});

describe('a server that ends', () => {
  test('answers what it was asked, and goes on until the API server can know', async () => {
    const entered = Promise.withResolvers<void>();
    const mayAnswer = Promise.withResolvers<void>();
    const server = await startTestAdmissionServer({
      limits: { leaveMs: 300 },
      inject: async () => {
        entered.resolve();
        await mayAnswer.promise;
        return allowed;
      },
    });
    const asked = askAdmission(server, '/inject', body);
    await entered.promise;
    const drained = server.running.drain(10_000);
    const meanwhile = await askAdmission(server, '/validate', body);
    expect(meanwhile).toMatchObject({ status: 200, headers: { connection: 'close' } });
    await waitUntil(() =>
      askAdmission(server, '/validate', body).then(
        () => false,
        () => true,
      ),
    );
    mayAnswer.resolve();
    expect(await asked).toMatchObject({ status: 200 });
    await drained;
  });

  test('waits no longer than it may', async () => {
    const server = await startTestAdmissionServer({
      limits: { leaveMs: 10 },
      inject: () => Promise.withResolvers<never>().promise,
    });
    const asked = askAdmission(server, '/inject', body);
    asked.catch(() => undefined);
    await waitUntil(async () => (await askAdmission(server, '/validate', body)).status === 200);
    await server.running.drain(200);
    await expect(asked).rejects.toThrow('socket hang up');
  });

  test('does not wait for connections that nothing goes over', async () => {
    const server = await startTestAdmissionServer({ limits: { leaveMs: 10 } });
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const headers = { 'content-type': 'application/json' };
    expect(await askPush(server, { path: '/inject', body, headers, agent })).toMatchObject({ status: 200 });
    await server.running.drain(3_600_000);
  });
});

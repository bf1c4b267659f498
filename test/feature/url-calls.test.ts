/** `--url-calls=deny`: what has no HTTPEndpoint is not called, however its URL is given. */
import { describe, expect, test } from 'vitest';
import { ask, type Question } from '../support/ask.ts';
import { startByteUpstream } from '../support/byte-upstream.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { startTestProxy } from '../support/start-test-proxy.ts';

describe('--url-calls=deny', () => {
  test('refuses URLs in every form with 403 and says what to do', async () => {
    const upstream = await startByteUpstream();
    const proxy = await startTestProxy({ args: ['--url-calls=deny', '--dapr-error-statuses'] });
    const questions: readonly Question[] = [
      { path: `/v1.0/invoke/${upstream.origin}/method/x` },
      { path: `/v1.0/invoke/${encodeURIComponent(upstream.origin)}/method/x` },
      { path: '/x', headers: ['dapr-app-id', upstream.origin] },
      { path: `/v1.0/invoke/${upstream.origin.replace('//', '//user:open-sesame@')}/method/x` },
    ];
    for (const question of questions) {
      const answer = await ask(proxy.port, question);
      expect(answer.status).toBe(403);
      expect(JSON.parse(answer.body)).toEqual({
        errorCode: 'ERR_DIRECT_INVOKE',
        message: expect.stringMatching(
          `err: URLs may not be called here; make an HTTPEndpoint for ${upstream.origin} and call it by its name$`,
        ) as string,
      });
      expect(answer.body).not.toContain('open-sesame');
    }
    expect(upstream.requests).toEqual([]);
  });

  test('leaves HTTPEndpoints and the own app alone', async () => {
    const upstream = await startByteUpstream();
    const appPort = new URL(upstream.origin).port;
    const proxy = await startTestProxy({
      args: ['--url-calls=deny', `--app-port=${appPort}`],
      resources: { 'up.yaml': httpEndpoint('up', upstream.origin) },
    });
    expect((await ask(proxy.port, { path: '/v1.0/invoke/up/method/x' })).body).toBe('ok');
    expect((await ask(proxy.port, { path: '/v1.0/invoke/orders/method/x' })).body).toBe('ok');
  });
});

test('URLs are called unless they are denied', async () => {
  const upstream = await startByteUpstream();
  const proxy = await startTestProxy();
  expect((await ask(proxy.port, { path: `/v1.0/invoke/${upstream.origin}/method/x` })).body).toBe('ok');
});

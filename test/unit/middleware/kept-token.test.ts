/** How long a token of oauth2clientcredentials serves, and what becomes of requests when no token can be had. */
import { describe, expect, test } from 'vitest';
import { ClientCredentialsSite, plantedClientSecret, refusal, sent } from '../../support/client-credentials-site.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startRawUpstream } from '../../support/start-upstream.ts';
import { grant, oauthError, type TokenAnswer } from '../../support/start-token-server.ts';

const name = 'middleware "guard" (middleware.http.oauth2clientcredentials)';
const minuteMs = 60_000;

describe('the life of a token', () => {
  test('is one call for requests that come at once, and none for later ones', async () => {
    const site = await ClientCredentialsSite.open();
    const guard = await site.guard();
    const values = await Promise.all(Array.from({ length: 50 }, () => sent(guard)));
    expect(new Set(values)).toEqual(new Set(['Bearer token-1']));
    const request = middlewareRequest();
    expect(guard.handle(request)).toBeNull();
    expect(request.setHeaders.get('authorization')).toBe('Bearer token-1');
    expect(site.server.requests).toHaveLength(1);
  });

  test('ends with a renewal that no request waits for', async () => {
    const site = await ClientCredentialsSite.open();
    const guard = await site.guard();
    await sent(guard);
    site.clock.advance(54 * minuteMs);
    expect(await sent(guard)).toBe('Bearer token-1');
    expect(site.server.requests).toHaveLength(1);
    site.clock.advance(4 * minuteMs);
    expect(await sent(guard)).toBe('Bearer token-1');
    await waitUntil(async () => (await sent(guard)) === 'Bearer token-2');
    expect(site.server.requests).toHaveLength(2);
  });

  test.each<[string, unknown, number]>([
    ['a number', 100, 90],
    ['a text', '100', 90],
    ['a fraction', 100.5, 90.5],
    ['a short one', 5, 4.5],
    ['none, so that five minutes count', undefined, 290],
    ['0, which says nothing either', 0, 290],
  ])('is told by expires_in: %s', async (_what, expires_in, seconds) => {
    const site = await ClientCredentialsSite.open(grant({ expires_in }));
    const guards = [await site.guard(), await site.guard()];
    for (const guard of guards) await sent(guard);
    site.clock.advance(seconds * 1000 - 1);
    expect(guards[0]?.handle(middlewareRequest())).toBeNull();
    site.clock.advance(1);
    // Nothing good is here: it has to be asked for.
    const late = guards[1]?.handle(middlewareRequest());
    expect(late).toBeInstanceOf(Promise);
    await late;
  });

  test('goes on while the endpoint fails, until its end', async () => {
    const site = await ClientCredentialsSite.open();
    const guard = await site.guard();
    await sent(guard);
    site.server.answer = oauthError(503, 'temporarily_unavailable');
    site.clock.advance(59 * minuteMs);
    expect(await sent(guard)).toBe('Bearer token-1');
    await waitUntil(() => site.lines.length > 0);
    expect(site.lines).toMatchObject([
      {
        level: 'warn',
        message: 'no token was granted',
        fields: { reason: 'the token endpoint answered with status 503 (temporarily_unavailable)', isServed: true },
      },
    ]);
    site.clock.advance(minuteMs);
    expect(await refusal(guard)).toMatchObject({ code: 'middleware-failed' });
    site.server.answer = grant();
    site.clock.advance(minuteMs);
    expect(await sent(guard)).toBe(`Bearer token-${site.server.requests.length}`);
  });
});

describe('an endpoint that', () => {
  test.each<[string, TokenAnswer, string]>([
    ['does not know the client', oauthError(400, 'invalid_client'), 'answered with status 400 (invalid_client)'],
    ['does not know the scope', oauthError(400, 'invalid_scope'), 'answered with status 400 (invalid_scope)'],
    ['says an error of its own', oauthError(400, plantedClientSecret), 'answered with status 400'],
    ['fails', (response) => void response.writeHead(500).end(plantedClientSecret), 'answered with status 500'],
    [
      'challenges',
      (response) => void response.writeHead(401, { 'WWW-Authenticate': `Basic realm="${plantedClientSecret}"` }).end(),
      'answered with status 401',
    ],
    [
      'redirects',
      (response) => void response.writeHead(302, { Location: '/elsewhere' }).end(),
      'answered with status 302',
    ],
    ['has no content', (response) => void response.writeHead(204).end(), 'answered with something that is no token'],
    ['speaks HTML', (response) => void response.end('<html>'), 'answered with something that is no token'],
    ['grants nothing', (response) => void response.end('{}'), 'answered with something that is no token'],
    ['says a negative life', grant({ expires_in: 'soon' }), 'answered with something that is no token'],
    [
      'says too much',
      (response) => void response.end(`{"access_token":"${'x'.repeat(70_000)}"}`),
      'cannot be reached: the answer is larger than 65536 bytes',
    ],
    [
      'breaks off',
      (response) => void response.writeHead(200, { 'Content-Length': '100' }).write('{', () => response.destroy()),
      'cannot be reached: the upstream closed the connection',
    ],
    ['resets', (response) => void response.destroy(), 'cannot be reached: the upstream closed the connection'],
  ])('%s is a 502 with the reason, and no more', async (_what, answer, reason) => {
    const site = await ClientCredentialsSite.open(answer);
    const error = await refusal(await site.guard());
    expect(error).toMatchObject({ code: 'middleware-failed', retryAfterSeconds: 1 });
    expect(error.message).toContain(`${name}: the token endpoint ${reason}`);
    expect(JSON.stringify([error.message, site.lines])).not.toContain('planted-secret');
  });

  test('is not there, is not trusted, or speaks no HTTP', async () => {
    const site = await ClientCredentialsSite.open();
    const raw = await startRawUpstream((socket) => socket.end(plantedClientSecret));
    const closed = await refusal(await site.guard({ tokenURL: 'http://127.0.0.1:1/' }));
    expect(closed.message).toBe(
      `${name}: the token endpoint cannot be reached: could not connect: connection refused (ECONNREFUSED)`,
    );
    const untrusted = await refusal(await site.guard({ rootCA: '' }));
    expect(untrusted.message).toContain(
      "cannot be reached: the upstream's certificate is signed by an authority that is not trusted",
    );
    const garbage = await refusal(await site.guard({ tokenURL: raw.origin }));
    expect(garbage.message).toBe(`${name}: the token endpoint cannot be reached: the upstream did not answer in HTTP`);
    expect(site.server.requests).toEqual([]);
  });

  test('does not answer is given up after ten seconds', async () => {
    const site = await ClientCredentialsSite.open(() => undefined);
    const failure = refusal(await site.guard());
    await waitUntil(() => site.server.requests.length > 0);
    site.clock.advance(10_000);
    expect((await failure).message).toBe(
      `${name}: the token endpoint cannot be reached: no whole answer within 10000 ms`,
    );
  });

  test('fails is asked ever more seldom, whatever the requests are', async () => {
    const site = await ClientCredentialsSite.open(oauthError(503, 'server_error'));
    const guard = await site.guard();
    for (let second = 0; second < 300; second += 1) {
      for (let request = 0; request < 5; request += 1) await refusal(guard);
      site.clock.advance(1_000);
    }
    const { length } = site.server.requests;
    expect([length >= 12, length <= 26]).toEqual([true, true]);
    expect((await refusal(guard)).retryAfterSeconds).toBeLessThanOrEqual(30);
  });
});

/** How the bearer middleware comes by the keys of its issuer, and what it does with a token that it knows. */
import { describe, expect, test } from 'vitest';
import type { ProxyError } from '#shared/errors/proxy-error.ts';
import { askBearer, BearerSite, unauthorized } from '../../support/bearer-site.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';
import { makeKey, type TestIssuer } from '../../support/start-issuer.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

const minuteMs = 60_000;
const invalid = unauthorized('Bearer error="invalid_token"');

describe('a token that was good', () => {
  test('is let through at once, until it ends', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer();
    const request = middlewareRequest({
      headers: { authorization: [`Bearer ${await site.issuer.token(key, site.claims({ exp: 120 }))}`] },
    });
    expect(await bearer.handle(request)).toBeNull();
    // No promise: nothing was verified.
    expect(bearer.handle(request)).toBeNull();
    site.clock.advance(2 * minuteMs + 5 * minuteMs - 1000);
    expect(await bearer.handle(request)).toBeNull();
    site.clock.advance(2_000);
    expect(await bearer.handle(request)).toEqual(invalid);
  });

  test('is refused within ten minutes after the issuer took its key away', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer();
    const value = `Bearer ${await site.issuer.token(key, { nowMs: site.nowMs })}`;
    expect(await askBearer(bearer, value)).toBeNull();
    site.issuer.keys = [];
    await site.issuer.addKey();
    site.issuer.keys = site.issuer.keys.map((jwk) => ({ ...jwk, kid: 'next' }));
    site.clock.advance(10 * minuteMs);
    expect(await askBearer(bearer, value)).toEqual(invalid);
  });
});

describe('keys', () => {
  test('that are new are fetched for the first token that needs them, once', async () => {
    const site = await BearerSite.open();
    await site.issuer.addKey();
    const bearer = await site.bearer();
    const key = await site.issuer.addKey();
    const tokens = [0, 1, 2].map((jti) => site.issuer.token(key, { nowMs: site.nowMs, jti: String(jti) }));
    site.clock.advance(minuteMs);
    const before = site.issuer.calls.length;
    const verdicts = await Promise.all(
      (await Promise.all(tokens)).map((token) => askBearer(bearer, `Bearer ${token}`)),
    );
    expect(verdicts).toEqual([null, null, null]);
    expect(site.issuer.calls.slice(before)).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  test('that nobody has do not hammer the issuer', async () => {
    const site = await BearerSite.open();
    await site.issuer.addKey();
    const bearer = await site.bearer();
    const invented = await makeKey('ES256', 'invented');
    site.clock.advance(minuteMs);
    const before = site.issuer.calls.length;
    for (let index = 0; index < 20; index += 1) {
      const stranger = { ...invented, id: `invented-${index}` };
      expect(await askBearer(bearer, `Bearer ${await site.issuer.token(stranger, { nowMs: site.nowMs })}`)).toEqual(
        invalid,
      );
    }
    expect(site.issuer.calls.length - before).toBe(2);
    site.clock.advance(30_000);
    await askBearer(bearer, `Bearer ${await site.issuer.token(invented, { nowMs: site.nowMs })}`);
    expect(site.issuer.calls.length - before).toBe(4);
  });

  test('are renewed from their fifth minute on while requests go on', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer();
    const value = `Bearer ${await site.issuer.token(key, { nowMs: site.nowMs })}`;
    await askBearer(bearer, value);
    const before = site.issuer.calls.length;
    site.clock.advance(5 * minuteMs - 1);
    await askBearer(bearer, value);
    expect(site.issuer.calls.length).toBe(before);
    site.clock.advance(1);
    const request = middlewareRequest({ headers: { authorization: [value] } });
    expect(bearer.handle(request)).toBeNull();
    await waitUntil(() => site.issuer.calls.length === before + 2);
  });

  test('hold for an hour while the issuer fails, and then nobody gets in until it is back', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer();
    const value = `Bearer ${await site.issuer.token(key, site.claims({ exp: 7200 }))}`;
    site.issuer.answer = (_request, response) => void response.writeHead(503).end('planted-secret');
    site.clock.advance(59 * minuteMs);
    expect(await askBearer(bearer, value)).toBeNull();
    site.clock.advance(minuteMs);
    const failure = await askBearer(bearer, value).catch((error: ProxyError) => error);
    expect(failure).toMatchObject({
      code: 'middleware-failed',
      message:
        'middleware "guard" (middleware.http.bearer): the issuer\'s keys cannot be had: ' +
        "the issuer's discovery document answered with status 503",
    });
    const calls = site.issuer.calls.length;
    await expect(askBearer(bearer, value)).rejects.toThrow('cannot be had');
    expect(site.issuer.calls.length).toBe(calls);
    site.issuer.answer = null;
    site.clock.advance(30_000);
    expect(await askBearer(bearer, value)).toBeNull();
    expect(JSON.stringify(site.lines)).not.toContain('planted-secret');
  });

  test('may be named by a setting; the issuer need be no URL then', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer({ issuer: 'our-issuer', jwksURL: `${site.issuer.origin}/keys` });
    const token = await site.issuer.token(key, { nowMs: site.nowMs, iss: 'our-issuer' });
    expect(await askBearer(bearer, `Bearer ${token}`)).toBeNull();
    expect(site.issuer.calls).toEqual(['/keys']);
  });
});

describe('no start', () => {
  test.each<[string, (issuer: TestIssuer) => void, string]>([
    ['another issuer', (issuer) => (issuer.document = { issuer: `${issuer.origin}/` }), 'names another issuer'],
    ['no jwks_uri', (issuer) => (issuer.document = { jwks_uri: 7 }), 'has no usable jwks_uri'],
    [
      'a jwks_uri of another kind',
      (issuer) => (issuer.document = { jwks_uri: 'file:///etc/passwd' }),
      'has no usable jwks_uri',
    ],
    [
      'a jwks_uri without TLS',
      (issuer) => (issuer.document = { jwks_uri: 'http://127.0.0.1:1/keys' }),
      'has a jwks_uri without TLS',
    ],
    [
      'a status',
      (issuer) => (issuer.answer = (_request, response) => void response.writeHead(404).end()),
      'answered with status 404',
    ],
    [
      'a redirect',
      (issuer) => (issuer.answer = (_request, response) => void response.writeHead(302, { Location: '/keys' }).end()),
      'answered with status 302',
    ],
    [
      'no JSON',
      (issuer) => (issuer.answer = (_request, response) => void response.end('<html>')),
      'did not answer with a JSON object',
    ],
    [
      'a list',
      (issuer) => (issuer.answer = (_request, response) => void response.end('[]')),
      'did not answer with a JSON object',
    ],
    [
      'too much',
      (issuer) => (issuer.answer = (_request, response) => void response.end('x'.repeat(2 ** 20 + 1))),
      'the answer is larger than 1048576 bytes',
    ],
    [
      'a reset',
      (issuer) => (issuer.answer = (request) => void request.socket.destroy()),
      'the upstream closed the connection',
    ],
  ])('with %s in the discovery', async (_what, break_, message) => {
    const site = await BearerSite.open();
    await site.issuer.addKey();
    break_(site.issuer);
    await expect(site.bearer()).rejects.toThrow(message);
  });

  test('without trust in the issuer, with a port that is closed, and with an issuer that does not answer', async () => {
    const site = await BearerSite.open();
    await expect(site.bearer({ rootCA: '' })).rejects.toThrow(
      "the issuer's discovery document: the upstream's certificate is signed by an authority that is not trusted",
    );
    await expect(site.bearer({ issuer: 'https://127.0.0.1:1' })).rejects.toThrow(
      'could not connect: connection refused',
    );
    site.issuer.answer = () => undefined;
    const start = site.bearer().catch((error: Error) => error.message);
    await waitUntil(() => site.issuer.calls.length > 0);
    site.clock.advance(10_000);
    expect(await start).toBe("the issuer's discovery document: no whole answer within 10000 ms");
  });

  test('with a key set that is none', async () => {
    const site = await BearerSite.open();
    site.issuer.keys = 'none' as unknown as [];
    await expect(site.bearer()).rejects.toThrow("the issuer's key set is no JWK Set");
  });
});

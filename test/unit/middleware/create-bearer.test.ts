/** Which tokens pass the bearer middleware. */
import { SignJWT, type JWTPayload } from 'jose';
import { describe, expect, test } from 'vitest';
import { askBearer, BearerSite, unauthorized } from '../../support/bearer-site.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';
import { makeKey } from '../../support/start-issuer.ts';

const invalid = unauthorized('Bearer error="invalid_token"');

describe('tokens', () => {
  test.each(['RS256', 'PS384', 'ES256', 'ES512', 'EdDSA', 'Ed25519'])('of %s go on as they are', async (algorithm) => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey(algorithm);
    const bearer = await site.bearer();
    const token = await site.issuer.token(key, { nowMs: site.nowMs });
    const request = middlewareRequest({ headers: { authorization: [`bearer ${token}`] } });
    expect(await bearer.handle(request)).toBeNull();
    expect([request.setHeaders.size, request.removedHeaders]).toEqual([0, []]);
  });

  test('none, or none that could be one, is asked for one', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer();
    const token = await site.issuer.token(key, { nowMs: site.nowMs });
    expect(await askBearer(bearer)).toEqual(unauthorized('Bearer'));
    for (const value of ['', 'Bearer', 'Bearer ', `Basic ${token}`, token, `Bearer ${token} x`, `Bearer,${token}`]) {
      expect({ value, verdict: await askBearer(bearer, value) }).toEqual({ value, verdict: unauthorized('Bearer') });
    }
    expect(await askBearer(bearer, `Bearer ${token}`, `Bearer ${token}`)).toEqual(unauthorized('Bearer'));
  });

  test.each<[string, JWTPayload]>([
    ['another issuer', { iss: 'https://evil.example' }],
    ['the issuer with a slash', { iss: 'SLASH' }],
    ['no issuer', { iss: undefined } as unknown as JWTPayload],
    ['another audience', { aud: 'billing' }],
    ['no audience', { aud: undefined } as unknown as JWTPayload],
    ['an end six minutes ago', { exp: -6 * 60 }],
    ['a begin in six minutes', { nbf: 6 * 60 }],
    ['an issue in six minutes', { iat: 6 * 60 }],
    ['an end that is no number', { exp: 'never' } as unknown as JWTPayload],
  ])('with %s are refused', async (_what, claims) => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer();
    expect(await askBearer(bearer, `Bearer ${await site.issuer.token(key, site.claims(claims))}`)).toEqual(invalid);
  });

  test.each<[string, JWTPayload]>([
    ['several audiences', { aud: ['billing', 'orders-api'] }],
    ['no end', { exp: undefined } as unknown as JWTPayload],
    ['an end four minutes ago', { exp: -4 * 60 }],
    ['a begin in four minutes', { nbf: 4 * 60 }],
    ['no time of issue', { iat: undefined } as unknown as JWTPayload],
  ])('with %s are good', async (_what, claims) => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey();
    const bearer = await site.bearer();
    expect(await askBearer(bearer, `Bearer ${await site.issuer.token(key, site.claims(claims))}`)).toBeNull();
  });

  test('that are refused leave the reason in the log, and nothing of themselves', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey('RS256');
    const bearer = await site.bearer();
    const forged = await makeKey('RS256', key.id);
    const sent = [
      await site.issuer.token(key, site.claims({ exp: -6 * 60 })),
      await site.issuer.token(key, site.claims({ aud: 'billing' })),
      await site.issuer.token(key, site.claims({ iat: 6 * 60 })),
      await site.issuer.token(forged, { nowMs: site.nowMs }),
      await site.issuer.token(await makeKey('RS256', 'stranger'), { nowMs: site.nowMs }),
      'a.b.c',
    ];
    for (const token of sent) await askBearer(bearer, `Bearer ${token}`);
    await askBearer(bearer);
    const lines = site.lines.filter(({ message }) => message === 'a bearer token is refused');
    expect(lines.map(({ level, fields }) => [level, fields])).toEqual(
      [
        'ERR_JWT_EXPIRED exp',
        'ERR_JWT_CLAIM_VALIDATION_FAILED aud',
        'ERR_JWT_CLAIM_VALIDATION_FAILED iat',
        'ERR_JWS_SIGNATURE_VERIFICATION_FAILED',
        'ERR_JWKS_NO_MATCHING_KEY',
        'ERR_JWS_INVALID',
        'no token',
      ].map((reason) => ['debug', { reason }]),
    );
  });

  test('that were forged are refused', async () => {
    const site = await BearerSite.open();
    const key = await site.issuer.addKey('RS256');
    const bearer = await site.bearer();
    const token = await site.issuer.token(key, { nowMs: site.nowMs });
    const [header = '', payload = '', signature = ''] = token.split('.');
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const otherKey = await site.issuer.token(await makeKey('RS256', key.id), { nowMs: site.nowMs });
    // The public key as the secret of a symmetric signature.
    const confused = await new SignJWT({ iss: site.issuer.origin, aud: 'orders-api' })
      .setProtectedHeader({ alg: 'HS256', kid: key.id })
      .sign(Buffer.from(JSON.stringify(key.jwk)));
    const forged = [
      otherKey,
      confused,
      `${part({ alg: 'none' })}.${payload}.`,
      `${part({ alg: 'None', kid: key.id })}.${payload}.${signature}`,
      `${part({ alg: 'RS512', kid: key.id })}.${payload}.${signature}`,
      `${part({ alg: 'RS256', kid: key.id, crit: ['x'], x: 1 })}.${payload}.${signature}`,
      `${part({ alg: 'RS256', jwk: key.jwk })}.${payload}.${signature}`,
      `${header}.${part({ iss: site.issuer.origin, aud: 'orders-api', admin: true })}.${signature}`,
      `${header}.${payload}.`,
      `${header}.${payload}`,
      'a.b.c',
      '..',
    ];
    for (const one of forged)
      expect({ one, verdict: await askBearer(bearer, `Bearer ${one}`) }).toMatchObject({
        one,
        verdict: { status: 401 },
      });
  });

  test('without a key id are tried with every key of their kind', async () => {
    const site = await BearerSite.open();
    await site.issuer.addKey('RS256');
    await site.issuer.addKey('ES256');
    const key = await site.issuer.addKey('ES256');
    const bearer = await site.bearer();
    const token = await site.issuer.token({ ...key, id: '' }, { nowMs: site.nowMs });
    const stranger = await site.issuer.token(await makeKey('ES256', ''), { nowMs: site.nowMs });
    expect(await askBearer(bearer, `Bearer ${token}`)).toBeNull();
    expect(await askBearer(bearer, `Bearer ${stranger}`)).toEqual(invalid);
  });

  test('signed by a key for encryption, of another algorithm, or a symmetric one are refused', async () => {
    const site = await BearerSite.open();
    const encryption = await site.issuer.addKey('RS256', { use: 'enc' });
    const other = await site.issuer.addKey('RS256', { alg: 'RS512' });
    site.issuer.keys = [
      ...site.issuer.keys,
      { kty: 'oct', kid: 'shared', k: Buffer.from('0123456789abcdef0123456789abcdef').toString('base64url') },
    ];
    const bearer = await site.bearer();
    const shared = await new SignJWT({ iss: site.issuer.origin, aud: 'orders-api' })
      .setProtectedHeader({ alg: 'HS256', kid: 'shared' })
      .sign(Buffer.from('0123456789abcdef0123456789abcdef'));
    for (const key of [encryption, other]) {
      expect(await askBearer(bearer, `Bearer ${await site.issuer.token(key, { nowMs: site.nowMs })}`)).toEqual(invalid);
    }
    expect(await askBearer(bearer, `Bearer ${shared}`)).toEqual(invalid);
  });
});

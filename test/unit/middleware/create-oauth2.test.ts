/** The oauth2 middleware on a clock that is held still: how long logins and sessions last, and what their cookies are. */
import { describe, expect, test } from 'vitest';
import type { ProxyError } from '#shared/errors/proxy-error.ts';
import { OAuth2Site } from '../../support/oauth2-site.ts';
import { grant, oauthError } from '../../support/start-token-server.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';

const minuteMs = 60_000;

describe('the way to the authorization server', () => {
  test('says what RFC 6749 and RFC 7636 ask for', async () => {
    const site = await OAuth2Site.open({
      audience: 'https://api.example',
      authURL: 'https://login.example/authorize?tenant=7',
    });
    const caller = site.caller();
    const url = new URL((await caller.ask()).location);
    const { state, code_challenge, ...others } = Object.fromEntries(url.searchParams);
    expect(url.origin + url.pathname).toBe('https://login.example/authorize');
    expect(others).toEqual({
      tenant: '7',
      response_type: 'code',
      client_id: 'shop',
      redirect_uri: 'http://shop.example/callback',
      scope: 'read write',
      audience: 'https://api.example',
      access_type: 'offline',
      code_challenge_method: 'S256',
    });
    expect(code_challenge).toMatch(/^[\w-]{43}$/);
    expect(state).toMatch(/^[\w.-]{100,}$/);
    expect(await caller.ask()).toMatchObject({ setCookies: [] });
  });

  test('and back takes a quarter of an hour at most', async () => {
    const site = await OAuth2Site.open();
    const [quick, slow] = [site.caller(), site.caller()];
    const answers = [await quick.ask(), await slow.ask()];
    site.clock.advance(15 * minuteMs - 1);
    expect(await quick.comeBack(answers[0])).toMatchObject({ status: 302, location: '/' });
    site.clock.advance(1);
    expect(await slow.comeBack(answers[1])).toMatchObject({ status: 400, body: 'invalid state' });
  });

  test.each([
    [`/a?${'q'.repeat(1_000)}`, `/a?${'q'.repeat(1_000)}`],
    [`/a?${'q'.repeat(2_000)}`, '/a'],
    [`/${'a'.repeat(2_000)}`, '/'],
    ['//evil.example', '/evil.example'],
    ['/\\evil.example', '/evil.example'],
  ])('ends at %s or what is left of it', async (from, to) => {
    const site = await OAuth2Site.open();
    const caller = site.caller();
    expect(await caller.comeBack(await caller.ask(from))).toMatchObject({ status: 302, location: to });
  });
});

describe('cookies', () => {
  test.each([
    ['http', { scheme: 'http' as const }, {}],
    ['https of the upstream', { pipeline: 'app' as const, scheme: 'https' as const }, {}],
  ])('over %s are plain', async (_what, how, settings) => {
    const site = await OAuth2Site.open(settings);
    const { setCookies } = await site.caller(how).ask();
    expect(setCookies).toEqual([
      expect.stringMatching(/^farpoint-oauth2-[0-9a-f]{8}-browser=1\.[\w-]{22}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
  });

  test.each([
    ['https', { scheme: 'https' as const }, {}],
    ['https as forceHTTPS says', { scheme: 'http' as const }, { forceHTTPS: 'true' }],
    ['https as the redirect URL says', { scheme: 'http' as const }, { redirectURL: 'https://shop.example/callback' }],
  ])('over %s are for this host and TLS alone', async (_what, how, settings) => {
    const site = await OAuth2Site.open(settings);
    const caller = site.caller(how);
    const first = await caller.ask();
    const second = await caller.comeBack(first);
    for (const line of [...first.setCookies, ...second.setCookies]) {
      expect(line).toMatch(/^__Host-farpoint-oauth2-[0-9a-f]{8}-\w+=1\..*; Path=\/; HttpOnly; SameSite=Lax; Secure$/);
    }
    expect(await caller.ask()).toMatchObject({ status: 200, token: 'Bearer token-1' });
  });

  test('carry a large token in pieces, and one that is too large is said to be', async () => {
    const site = await OAuth2Site.open();
    const caller = site.caller();
    const token = 'x'.repeat(10_000);
    site.server.answer = grant({ access_token: token });
    const { setCookies } = await caller.comeBack(await caller.ask());
    expect(setCookies.length).toBe(4);
    for (const line of setCookies) expect(line.length).toBeLessThanOrEqual(4_096);
    expect(await caller.ask()).toMatchObject({ status: 200, token: `Bearer ${token}` });
    site.server.answer = grant({ access_token: 'x'.repeat(12_000) });
    const other = site.caller();
    await expect(other.comeBack(await other.ask())).rejects.toMatchObject({
      code: 'middleware-failed',
      message: expect.stringMatching(
        /the token is too large for a cookie: sealed, it has \d+ bytes, and 15200 can be kept/,
      ) as string,
    });
  });

  test('of a caller that lost a piece are no session', async () => {
    const site = await OAuth2Site.open();
    const caller = site.caller();
    site.server.answer = grant({ access_token: 'x'.repeat(10_000) });
    await caller.comeBack(await caller.ask());
    for (const name of caller.cookies.keys()) if (name.endsWith('-2')) caller.cookies.delete(name);
    expect((await caller.ask()).status).toBe(302);
  });

  test('of another client, another server or another secret are none', async () => {
    const site = await OAuth2Site.open();
    const caller = site.caller();
    await caller.comeBack(await caller.ask());
    const cookies = [...caller.cookies];
    for (const settings of [{ clientSecret: 'new' }, { clientID: 'other' }, { authURL: 'https://other.example/' }]) {
      const other = (await OAuth2Site.open(settings, site.server)).caller();
      for (const [name, value] of cookies) other.cookies.set(name, value);
      expect((await other.ask()).status).toBe(302);
    }
    const same = (await OAuth2Site.open({}, site.server)).caller();
    for (const [name, value] of cookies) same.cookies.set(name, value);
    expect((await same.ask()).status).toBe(200);
  });
});

describe('a session', () => {
  test('without a refresh token ends with its token', async () => {
    const site = await OAuth2Site.open();
    const caller = await site.loggedIn(grant({ expires_in: 600 }));
    site.clock.advance(600_000 - 1);
    expect((await caller.ask()).status).toBe(200);
    site.clock.advance(1);
    expect((await caller.ask()).status).toBe(302);
  });

  test('whose token says no end lasts for a working day', async () => {
    const site = await OAuth2Site.open();
    const caller = await site.loggedIn(grant({ expires_in: undefined }));
    site.clock.advance(8 * 60 * minuteMs - 1);
    expect((await caller.ask()).status).toBe(200);
    site.clock.advance(1);
    expect((await caller.ask()).status).toBe(302);
  });

  test('is renewed once for all requests of a page, also for those that come late', async () => {
    const site = await OAuth2Site.open();
    const caller = await site.loggedIn(grant({ expires_in: 600, refresh_token: 'refresh-1' }));
    const before = [...caller.cookies];
    site.server.answer = grant({ refresh_token: 'refresh-2' });
    site.clock.advance(540_000);
    const answers = await Promise.all([caller.ask(), caller.ask(), caller.ask()]);
    for (const [name, value] of before) caller.cookies.set(name, value);
    site.clock.advance(59_000);
    answers.push(await caller.ask());
    expect(new Set(answers.map(({ token }) => token))).toEqual(new Set(['Bearer token-2']));
    for (const { setCookies } of answers) expect(setCookies).toEqual([expect.stringContaining('-session=')]);
    expect(site.server.requests.slice(1).map(({ parameters }) => parameters)).toEqual([
      { grant_type: 'refresh_token', refresh_token: 'refresh-1' },
    ]);
    site.clock.advance(3600_000 - 60_000);
    expect((await caller.ask()).token).toBe('Bearer token-3');
    expect(site.server.requests.at(-1)?.parameters['refresh_token']).toBe('refresh-2');
  });

  test('keeps a refresh token that was not replaced', async () => {
    const site = await OAuth2Site.open();
    const caller = await site.loggedIn(grant({ expires_in: 600, refresh_token: 'refresh-1' }));
    site.server.answer = grant({ expires_in: 600 });
    for (const ordinal of [2, 3]) {
      site.clock.advance(600_000);
      expect((await caller.ask()).token).toBe(`Bearer token-${ordinal}`);
    }
    expect(site.server.requests.at(-1)?.parameters['refresh_token']).toBe('refresh-1');
  });

  test('serves on while the endpoint fails, until its token ends; the endpoint is not asked by every request', async () => {
    const site = await OAuth2Site.open();
    const caller = await site.loggedIn(grant({ expires_in: 600, refresh_token: 'refresh-1' }));
    site.server.answer = oauthError(503, 'server_error');
    site.clock.advance(550_000);
    for (let count = 0; count < 5; count += 1) expect((await caller.ask()).token).toBe('Bearer token-1');
    expect(site.server.requests).toHaveLength(2);
    site.clock.advance(50_000);
    const failure = await caller.ask().catch((error: ProxyError) => error);
    expect(failure).toMatchObject({
      code: 'middleware-failed',
      message:
        'middleware "guard" (middleware.http.oauth2): the token endpoint answered with status 503 (server_error)',
    });
    site.server.answer = grant();
    site.clock.advance(5_000);
    expect((await caller.ask()).status).toBe(200);
  });

  test('whose refresh token is refused begins anew when its token ends', async () => {
    const site = await OAuth2Site.open();
    const caller = await site.loggedIn(grant({ expires_in: 600, refresh_token: 'refresh-1' }));
    site.server.answer = oauthError(400, 'invalid_grant');
    site.clock.advance(550_000);
    expect((await caller.ask()).status).toBe(200);
    site.clock.advance(50_000);
    expect((await caller.ask()).status).toBe(302);
  });
});

test('no more than 64 codes are exchanged at once', async () => {
  const site = await OAuth2Site.open();
  const caller = site.caller();
  const answer = await caller.ask();
  site.server.answer = () => undefined;
  const waiting = Array.from({ length: 64 }, () => caller.comeBack(answer).catch((error: ProxyError) => error.code));
  await waitUntil(() => site.server.requests.length === 64);
  await expect(caller.comeBack(answer)).rejects.toMatchObject({ code: 'overloaded' });
  site.clock.advance(10_000);
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['middleware-failed']));
});

test('a parameter of the application that is named state is its own, once its caller has logged in', async () => {
  const site = await OAuth2Site.open();
  const caller = site.caller();
  expect((await caller.ask('/search?state=open')).status).toBe(302);
  expect(await caller.ask('/search?state=open&code=7')).toMatchObject({ status: 400, body: 'invalid state' });
  await caller.comeBack(await caller.ask());
  expect((await caller.ask('/search?state=open&code=7')).status).toBe(200);
  expect(await caller.ask('/callback?state=open&code=7')).toMatchObject({ status: 400, body: 'invalid state' });
});

test("on paths that the filter leaves out, such parameters are the application's", async () => {
  const site = await OAuth2Site.open({ pathFilter: '^/private' });
  expect((await site.caller().ask('/search?state=open&code=7')).status).toBe(200);
  expect((await site.caller().ask('/private?state=open&code=7')).status).toBe(400);
  expect((await site.caller().ask('/callback?state=open&code=7')).status).toBe(400);
});

/** Logins at a real OpenID provider, through the oauth2 middleware of a real proxy. */
import { decodeJwt } from 'jose';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ask, errorOf } from '../support/ask.ts';
import { startOidcProvider, type OidcProvider } from '../support/start-oidc-provider.ts';
import { startPipedProxy, type PipedProxy, type Received } from '../support/start-piped-proxy.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { type Page, TestBrowser } from '../support/test-browser.ts';

const clientSecret = 'planted-secret-client';
const page = '/v1.0/invoke/up/method/orders?id=7';
/** Where the provider sends callers back to: the name that a load balancer would have. */
const outside = 'http://shop.example';
const callback = '/v1.0/invoke/up/method/callback';

interface Site {
  readonly provider: OidcProvider;
  readonly rootCa: string;
  /** Another proxy for the same client; the middleware is in `httpPipeline` unless told otherwise. */
  replica(pipeline?: 'http' | 'app'): Promise<PipedProxy>;
}

async function openSite(options: { readonly tokenSeconds?: number } = {}): Promise<Site> {
  const provider = await startOidcProvider();
  const { origin, rootCa } = provider;
  await provider.open({
    ...options,
    clients: [
      {
        client_id: 'shop',
        client_secret: clientSecret,
        redirect_uris: [`${outside}${callback}`],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
  });
  const settings = {
    clientID: 'shop',
    clientSecret,
    scopes: 'openid,offline_access,read',
    authURL: `${origin}/auth`,
    tokenURL: `${origin}/token`,
    redirectURL: `${outside}${callback}`,
    authHeaderName: 'X-User-Token',
    pathFilter: '/(orders|callback)',
    rootCA: rootCa,
  };
  const args = ['--dapr-http-read-buffer-size=32', '--log-level=debug', '--enable-api-logging'];
  return {
    provider,
    rootCa,
    replica: (pipeline = 'http') =>
      startPipedProxy({ [pipeline]: [{ name: 'login', type: 'oauth2', settings }], args }),
  };
}

/** Goes to a page and as far as the provider's redirect back. */
async function logIn(browser: TestBrowser, { proxy }: PipedProxy, path = page): Promise<string> {
  const end = await browser.open(`${proxy.origin}${path}`, (location) => location.startsWith(outside));
  expect(end.location).toMatch(/[?&]code=/);
  return end.location.replace(outside, proxy.origin);
}

async function open(browser: TestBrowser, piped: PipedProxy): Promise<Page> {
  return browser.open(await logIn(browser, piped));
}

function tokenOf(received: readonly Received[]): string {
  return String(received.at(-1)?.headers['x-user-token']);
}

test('a login ends where it began, with a token for the upstream, and holds from then on', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  const end = await open(browser, piped);
  expect([end.status, end.body, end.url]).toEqual([200, 'hello', `${piped.proxy.origin}${page}`]);
  const [type, token = ''] = tokenOf(piped.received).split(' ');
  expect(type).toBe('Bearer');
  expect(decodeJwt(token)).toMatchObject({ sub: 'alice', aud: 'urn:orders' });
  expect(piped.received).toHaveLength(1);
  const { length } = site.provider.requests;
  expect(await browser.get(`${piped.proxy.origin}${page}`, { 'X-User-Token': 'mine' })).toMatchObject({ status: 200 });
  expect(tokenOf(piped.received)).toBe(`Bearer ${token}`);
  expect(site.provider.requests).toHaveLength(length);
});

test('a login in appHttpPipeline ends at the page that the caller asked for, not at what the upstream calls it', async () => {
  const site = await openSite();
  const piped = await site.replica('app');
  const browser = new TestBrowser(site.rootCa);
  const opened = await open(browser, piped);
  expect(opened).toMatchObject({ status: 200, url: `${piped.proxy.origin}${page}` });
  expect(piped.received.at(-1)?.url).toBe('/base/orders?id=7');
  // Where callers come back to is nobody's page, in this pipeline too.
  expect((await new TestBrowser(site.rootCa).get(`${piped.proxy.origin}${callback}?state=x`)).status).toBe(400);
});

test('the cookies of a session are out of reach for scripts, and go no further than the proxy', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  const answer = await browser.get(await logIn(browser, piped));
  expect(answer.status).toBe(302);
  for (const line of answer.setCookies) {
    expect(line).toMatch(/^farpoint-oauth2-[0-9a-f]{8}-session(-\d)?=[\w.-]+; Path=\/; HttpOnly; SameSite=Lax$/);
  }
  const jar = browser.cookies.get(piped.proxy.origin) ?? new Map<string, string>();
  jar.set('mine', 'a=b');
  for (const path of [page, '/v1.0/invoke/up/method/public']) {
    expect(await browser.get(`${piped.proxy.origin}${path}`)).toMatchObject({ status: 200, setCookies: [] });
    expect(piped.received.at(-1)?.headers.cookie).toBe('mine=a=b');
  }
  expect(tokenOf(piped.received)).toBe('undefined');
  jar.delete('mine');
  await browser.get(`${piped.proxy.origin}${page}`);
  expect(piped.received.at(-1)?.headers.cookie).toBeUndefined();
});

test('a session holds at another replica, and after a restart', async () => {
  const site = await openSite();
  const first = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  await open(browser, first);
  const second = await site.replica();
  browser.cookies.set(second.proxy.origin, browser.cookies.get(first.proxy.origin) ?? new Map<string, string>());
  expect(await browser.get(`${second.proxy.origin}${page}`)).toMatchObject({ status: 200 });
  expect(tokenOf(second.received)).toBe(tokenOf(first.received));
});

test('a login that began at one replica ends at another', async () => {
  const site = await openSite();
  const [first, second] = [await site.replica(), await site.replica()];
  const browser = new TestBrowser(site.rootCa);
  const back = await logIn(browser, first);
  browser.cookies.set(second.proxy.origin, browser.cookies.get(first.proxy.origin) ?? new Map<string, string>());
  const end = await browser.open(back.replace(first.proxy.origin, second.proxy.origin));
  expect([end.status, end.url]).toEqual([200, `${second.proxy.origin}${page}`]);
});

test('two tabs log in at once, each to its own page', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  const other = '/v1.0/invoke/up/method/orders?id=8';
  const backs = [await logIn(browser, piped), await logIn(browser, piped, other)];
  const ends = [await browser.open(backs[0] ?? ''), await browser.open(backs[1] ?? '')];
  expect(ends.map(({ body }) => body)).toEqual(['hello', 'hello']);
  expect(ends.map(({ url }) => url)).toEqual([page, other].map((path) => `${piped.proxy.origin}${path}`));
});

test('a token is renewed before it ends, and the browser gets the new session', async () => {
  const site = await openSite({ tokenSeconds: 2 });
  const piped = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  await open(browser, piped);
  const before = tokenOf(piped.received);
  let answer: Page | null = null;
  await waitUntil(async () => {
    answer = await browser.get(`${piped.proxy.origin}${page}`);
    return tokenOf(piped.received) !== before;
  });
  expect(answer).toMatchObject({ status: 200, setCookies: [expect.stringContaining('-session=')] });
  expect(decodeJwt(tokenOf(piped.received).slice('Bearer '.length))).toMatchObject({ sub: 'alice' });
  // The second renewal needs what the first one gave.
  const second = tokenOf(piped.received);
  await waitUntil(async () => {
    const { status } = await browser.get(`${piped.proxy.origin}${page}`);
    expect(status).toBe(200);
    return tokenOf(piped.received) !== second;
  });
});

test('who comes back with what was not given to this browser is turned away', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const [alice, mallory] = [new TestBrowser(site.rootCa), new TestBrowser(site.rootCa)];
  const [own, strange] = [new URL(await logIn(alice, piped)), new URL(await logIn(mallory, piped))];
  const changed = (changes: Readonly<Record<string, string | null>>): string => {
    const url = new URL(own);
    for (const [name, value] of Object.entries(changes)) {
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
    }
    return url.href;
  };
  const { length } = site.provider.requests;
  const invalid = { status: 400, body: 'invalid state', setCookies: [] };
  expect(await alice.get(strange.href)).toMatchObject(invalid);
  expect(await new TestBrowser(site.rootCa).get(own.href)).toMatchObject(invalid);
  expect(await alice.get(changed({ state: 'made-up' }))).toMatchObject(invalid);
  expect(await alice.get(changed({ state: `${own.searchParams.get('state') ?? ''}A` }))).toMatchObject(invalid);
  expect(await alice.get(changed({ code: null, error: 'access_denied' }))).toMatchObject({
    status: 400,
    body: 'code not found',
  });
  expect(await alice.get(changed({ code: null }))).toMatchObject({ status: 400, body: 'code not found' });
  expect(site.provider.requests).toHaveLength(length);
  // Mallory's code with Alice's own state: its challenge is another.
  const injected = await alice.get(changed({ code: strange.searchParams.get('code') }));
  expect(injected.status).toBe(502);
  expect(JSON.parse(injected.body)).toMatchObject({
    message: 'middleware "login" (middleware.http.oauth2): the token endpoint answered with status 400 (invalid_grant)',
  });
  expect(piped.received).toEqual([]);
});

test('who goes back to the callback after the login is sent to the page, or told that it is over', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  const back = await logIn(browser, piped);
  await browser.open(back);
  expect(await browser.get(back)).toMatchObject({ status: 302, location: `${piped.proxy.origin}${page}` });
});

test('a session that was changed is none', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  await open(browser, piped);
  const jar = browser.cookies.get(piped.proxy.origin) ?? new Map<string, string>();
  for (const [name, value] of jar)
    jar.set(name, `${value.slice(0, -3)}${value.at(-3) === 'A' ? 'B' : 'A'}${value.slice(-2)}`);
  const answer = await browser.get(`${piped.proxy.origin}${page}`);
  expect([answer.status, new URL(answer.location).origin]).toEqual([302, site.provider.origin]);
  expect(piped.received).toHaveLength(1);
});

test('whatever the request is, it is sent to log in; only to this host does it come back', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const { port } = piped.proxy;
  for (const path of [
    page,
    '/v1.0/invoke/up/method/x/../orders',
    '/v1.0/invoke/up/method/%6frders',
    '/v1.0/invoke/up/method//orders',
  ]) {
    const answer = await ask(port, { path, method: 'POST', body: 'b' });
    expect({ path, status: answer.status }).toEqual({ path, status: 302 });
  }
  const socket = new WebSocket(`ws://127.0.0.1:${port}${page}`);
  const refusal = await new Promise<number | undefined>((resolve) => {
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
  });
  expect(refusal).toBe(302);
  const browser = new TestBrowser(site.rootCa);
  const back = await logIn(browser, piped, '//evil.example/method/orders');
  const end = await browser.get(back);
  expect(end.location).toBe(`${piped.proxy.origin}/evil.example/method/orders`);
  expect(piped.received).toEqual([]);
});

test('a provider that fails at the end of a login is a 502, and nothing of it shows', async () => {
  const site = await openSite();
  const piped = await site.replica();
  const browser = new TestBrowser(site.rootCa);
  const back = await logIn(browser, piped);
  await site.provider.open({
    clients: [{ client_id: 'shop', client_secret: 'another', redirect_uris: [`${outside}${callback}`] }],
  });
  const answer = await ask(piped.proxy.port, {
    path: back.slice(piped.proxy.origin.length),
    headers: ['Cookie', [...(browser.cookies.get(piped.proxy.origin) ?? [])].map((pair) => pair.join('=')).join('; ')],
  });
  expect(answer.status).toBe(502);
  expect(errorOf(answer).message).toContain('the token endpoint answered with status 401 (invalid_client)');
});

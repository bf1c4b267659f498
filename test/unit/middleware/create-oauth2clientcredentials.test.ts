/** What the oauth2clientcredentials middleware asks for, and what it does with the answer. */
import { describe, expect, test } from 'vitest';
import { ClientCredentialsSite, plantedClientSecret, refusal, sent } from '../../support/client-credentials-site.ts';
import { middlewareRequest } from '../../support/middleware-request.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { grant, oauthError } from '../../support/start-token-server.ts';

describe('the request for a token', () => {
  test('names client, scopes, audience and further parameters', async () => {
    const site = await ClientCredentialsSite.open();
    const guard = await site.guard({
      scopes: 'read, write',
      audience: 'https://api.example',
      endpointParamsQuery: 'resource=a%20b&tenant=7',
      clientSecret: 'a:b%c d',
    });
    expect(await sent(guard)).toBe('Bearer token-1');
    expect(site.server.requests).toEqual([
      {
        basic: 'orders:a%3Ab%25c+d',
        parameters: {
          grant_type: 'client_credentials',
          scope: 'read write',
          audience: 'https://api.example',
          resource: 'a b',
          tenant: '7',
        },
      },
    ]);
  });

  test.each([
    ['1', { basic: '', parameters: { client_id: 'orders', client_secret: plantedClientSecret } }],
    ['2', { basic: `orders:${plantedClientSecret}` }],
  ])('shows the secret as authStyle %s says', async (authStyle, expected) => {
    const site = await ClientCredentialsSite.open();
    await sent(await site.guard({ authStyle }));
    expect(site.server.requests).toMatchObject([expected]);
    if (authStyle === '2') expect(site.server.requests[0]?.parameters['client_secret']).toBeUndefined();
  });

  test('leaves in the header what servers that decode nothing have to read as it is', async () => {
    const site = await ClientCredentialsSite.open();
    await sent(await site.guard({ authStyle: '2', clientID: '6f1c-8d.a_b~c', clientSecret: "-._~ !*'()+é" }));
    expect(site.server.requests).toMatchObject([{ basic: '6f1c-8d.a_b~c:-._~+%21%2A%27%28%29%2B%C3%A9' }]);
  });

  test('shows it in the body to an endpoint that does not take the header, and remembers that', async () => {
    const site = await ClientCredentialsSite.open((response, ordinal, request) => {
      const isHere = request.parameters['client_secret'] !== undefined;
      (isHere ? grant({ expires_in: 10 }) : oauthError(401, 'invalid_client'))(response, ordinal, request);
    });
    const guard = await site.guard();
    expect(await sent(guard)).toBe('Bearer token-2');
    site.clock.advance(10_000);
    expect(await sent(guard)).toBe('Bearer token-3');
  });

  test('goes to a server without TLS as well', async () => {
    const site = await ClientCredentialsSite.open();
    const { origin } = await startUpstream((request, response) => void site.server.serve(request, response));
    expect(await sent(await site.guard({ tokenURL: `${origin}/token`, rootCA: '' }))).toBe('Bearer token-1');
  });
});

describe('the header', () => {
  test('replaces what the caller sent, on the paths of the filter alone', async () => {
    const site = await ClientCredentialsSite.open();
    const guard = await site.guard({ pathFilter: '^/api/', headerName: 'X-Token' });
    const request = middlewareRequest({ path: '/api/x', headers: { 'x-token': ['Bearer mine'] } });
    expect(await guard.handle(request)).toBeNull();
    expect([...request.setHeaders]).toEqual([['x-token', 'Bearer token-1']]);
    const other = middlewareRequest({ path: '/public' });
    // No promise: nothing was asked for.
    expect(guard.handle(other)).toBeNull();
    expect(other.setHeaders.size).toBe(0);
  });

  test.each([
    ['bearer', 'Bearer token-1'],
    ['BEARER', 'Bearer token-1'],
    ['', 'Bearer token-1'],
    [undefined, 'Bearer token-1'],
  ])('for the type %s is as Dapr writes it', async (token_type, expected) => {
    const site = await ClientCredentialsSite.open(grant({ token_type }));
    expect(await sent(await site.guard())).toBe(expected);
  });

  test.each([
    ['mac', 'a b'],
    ['Bearer', 'line\r\nX-Injected: 1'],
    ['Bearer', 'x'.repeat(20_000)],
    ['Bearer', 7],
    ['Bearer', ''],
    [7, 'token'],
  ])('is never made of the type %s and a token that is none', async (token_type, access_token) => {
    const site = await ClientCredentialsSite.open(grant({ token_type, access_token }));
    expect(await refusal(await site.guard())).toMatchObject({ code: 'middleware-failed' });
  });
});

describe('an answer', () => {
  test.each([
    ['has no lifetime', { expires_in: null }],
    ['has its lifetime as text', { expires_in: '3600' }],
    ['has an empty type', { token_type: null }],
    ['has scopes as a list', { scope: ['read', 'write'] }],
    ['has fields of nothing', { scope: null, refresh_token: null, id_token: null }],
    ['has an empty refresh token', { refresh_token: '' }],
  ])('is a token to Dapr and so it is here when it %s', async (_, fields) => {
    const site = await ClientCredentialsSite.open(grant(fields));
    expect(await sent(await site.guard())).toBe('Bearer token-1');
  });

  test.each(['application/x-www-form-urlencoded', 'text/plain; charset=utf-8'])(
    'may be a form, of type %s',
    async (type) => {
      const body = 'access_token=abc%2Bd&token_type=bearer&expires_in=&scope=read';
      const site = await ClientCredentialsSite.open((response) => {
        response.writeHead(200, { 'Content-Type': type }).end(body);
      });
      expect(await sent(await site.guard())).toBe('Bearer abc+d');
    },
  );

  test.each([
    ['text/html', '<p>access_token=abc'],
    ['text/plain', '<p>log in first</p>'],
    ['text/plain', ''],
    ['application/json', 'access_token=abc&token_type=bearer'],
  ])('is none when it is something else: %s %j', async (type, body) => {
    const site = await ClientCredentialsSite.open((response) => {
      response.writeHead(200, { 'Content-Type': type }).end(body);
    });
    const { message } = await refusal(await site.guard());
    expect(message).toContain('the token endpoint answered with something that is no token');
  });

  test.each([-1, '-60'])('is no token when it has ended already: expires_in %j', async (expires_in) => {
    const site = await ClientCredentialsSite.open(grant({ expires_in }));
    const { message } = await refusal(await site.guard());
    expect(message).toContain('the token endpoint granted a token that has ended already');
  });

  test('is a refusal when it has an error, whatever its status and whatever else it has', async () => {
    const site = await ClientCredentialsSite.open(grant({ error: 'invalid_scope' }));
    expect((await refusal(await site.guard())).message).toContain('status 200 (invalid_scope)');
  });

  test('of status 200 that the client is unknown makes it show itself in the other way', async () => {
    const site = await ClientCredentialsSite.open((response, ordinal, request) => {
      const isHere = request.parameters['client_secret'] !== undefined;
      grant(isHere ? {} : { error: 'invalid_client' })(response, ordinal, request);
    });
    expect(await sent(await site.guard())).toBe('Bearer token-2');
  });
});

test('a new plantedClientSecret, which is a new middleware, is used at once, and the old refusal is not remembered', async () => {
  const site = await ClientCredentialsSite.open((response, ordinal, request) => {
    const isNew = request.basic === 'orders:new' || request.parameters['client_secret'] === 'new';
    (isNew ? grant() : oauthError(401, 'invalid_client'))(response, ordinal, request);
  });
  const before = await site.guard({ clientSecret: 'old' });
  expect((await refusal(before)).message).toContain('status 401 (invalid_client)');
  const after = await site.guard({ clientSecret: 'new' });
  expect(await sent(after)).toBe('Bearer token-3');
});

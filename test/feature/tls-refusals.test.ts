/** Servers that do not prove who they are, or do not want us: 502 with a sentence, and no request leaves. */
import { createServer } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { farPath, startProxyTo } from '../support/start-proxy-to.ts';
import { identityOptions, startTlsUpstream, type TlsUpstream } from '../support/start-tls-upstream.ts';
import { listenUntilTestEnds } from '../support/start-upstream.ts';
import { inlineIdentity } from '../support/tls-manifests.ts';

const dayMs = 24 * 60 * 60 * 1000;
const yesterday = new Date(Date.now() - dayMs);
const tomorrow = new Date(Date.now() + dayMs);

const { authority, rootCa, server, strictServer } = await createTestAuthority();
const stranger = await createTestAuthority({ name: 'Stranger Root' });

/** Calls the upstream once, trusting the test's authority, and resolves with the message of the 502. */
async function refusal(upstream: { readonly origin: string }, material: object = {}): Promise<string> {
  const proxy = await startProxyTo({ baseUrl: upstream.origin, rootCa, ...material });
  const answer = await ask(proxy.port, { path: farPath, method: 'POST', body: 'private' });
  expect(answer.status).toBe(502);
  expect(errorOf(answer).errorCode).toBe('ERR_DIRECT_INVOKE');
  return errorOf(answer).message;
}

function expectUntouched(upstream: TlsUpstream): void {
  expect(upstream.attempts()).toBeGreaterThan(0);
  expect(upstream.requests).toEqual([]);
}

describe('a server is refused with 502', () => {
  test('when its certificate has expired', async () => {
    const issued = await authority.issueServer({
      hosts: ['localhost'],
      notBefore: new Date(yesterday.getTime() - dayMs),
      notAfter: yesterday,
    });
    const upstream = await startTlsUpstream(identityOptions(issued));
    expect(await refusal(upstream)).toBe(
      "failed to invoke, id: far, err: the upstream's certificate has expired (CERT_HAS_EXPIRED)",
    );
    expectUntouched(upstream);
  });

  test('when its certificate is not valid yet', async () => {
    const issued = await authority.issueServer({
      hosts: ['localhost'],
      notBefore: tomorrow,
      notAfter: new Date(tomorrow.getTime() + dayMs),
    });
    const upstream = await startTlsUpstream(identityOptions(issued));
    expect(await refusal(upstream)).toContain("the upstream's certificate is not valid yet");
    expectUntouched(upstream);
  });

  test('when its certificate is for another host', async () => {
    const upstream = await startTlsUpstream(identityOptions(await authority.issueServer({ hosts: ['other.example'] })));
    expect(await refusal(upstream)).toContain("the upstream's certificate is for another name");
    expectUntouched(upstream);
  });

  test('when its certificate is for a host name and it was called by address', async () => {
    const upstream = await startTlsUpstream(identityOptions(await authority.issueServer({ hosts: ['localhost'] })));
    const message = await refusal({ origin: `https://127.0.0.1:${upstream.port}` });
    expect(message).toContain("the upstream's certificate is for another name");
    expectUntouched(upstream);
  });

  test('when its issuer is unknown', async () => {
    const upstream = await startTlsUpstream(stranger.server);
    expect(await refusal(upstream)).toContain('signed by an authority that is not trusted');
    expectUntouched(upstream);
  });

  test('when an authority of the same name, with another key, has signed', async () => {
    const impostor = await createTestAuthority();
    const upstream = await startTlsUpstream(impostor.server);
    expect(await refusal(upstream)).toMatch(/not trusted|TLS handshake failed/);
    expectUntouched(upstream);
  });

  test('when it presents a certificate that is meant for clients', async () => {
    const upstream = await startTlsUpstream(identityOptions(await authority.issueClient({ name: 'localhost' })));
    expect(await refusal(upstream)).toContain("the upstream's certificate is not one for servers");
    expectUntouched(upstream);
  });

  test('when it does not send its intermediate', async () => {
    const intermediate = await authority.createIntermediate('Kept back');
    const issued = await intermediate.issueServer({ hosts: ['localhost'] });
    const upstream = await startTlsUpstream({ cert: issued.certificatePem, key: issued.privateKeyPem });
    expect(await refusal(upstream)).toContain('its intermediate is missing');
    expectUntouched(upstream);
  });

  test('when it speaks TLS 1.1 at most', async () => {
    const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const;
    const upstream = await startTlsUpstream({ ...server, ...old });
    expect(await refusal(upstream)).toContain('speaks no TLS version that is accepted, 1.2 or later');
    expectUntouched(upstream);
  });

  test('when it does not speak TLS', async () => {
    const plain = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    });
    const port = await listenUntilTestEnds(plain);
    expect(await refusal({ origin: `https://localhost:${port}` })).toContain('does not speak TLS there');
  });

  test('when it closes inside the handshake', async () => {
    const port = await listenUntilTestEnds(createServer((socket) => socket.destroy()));
    expect(await refusal({ origin: `https://localhost:${port}` })).toMatch(
      /inside the TLS handshake|reset the connection/,
    );
  });
});

describe('a server that demands a client certificate answers 502', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('without one (%s)', async (version) => {
    const upstream = await startTlsUpstream({ ...strictServer, minVersion: version, maxVersion: version });
    expect(await refusal(upstream)).toMatch(/demand(?:s)? a client certificate/);
    expectUntouched(upstream);
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('with the certificate of a stranger (%s)', async (version) => {
    const upstream = await startTlsUpstream({ ...strictServer, minVersion: version, maxVersion: version });
    const material = inlineIdentity(await stranger.authority.issueClient({ name: 'stranger' }));
    // node's server says nothing: it hangs up.
    expect(await refusal(upstream, material)).toMatch(
      /inside the TLS handshake|reset the connection|closed the connection/,
    );
    expectUntouched(upstream);
  });
});

describe('a server is accepted', () => {
  test.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', async (version) => {
    const upstream = await startTlsUpstream({ ...server, minVersion: version, maxVersion: version });
    const proxy = await startProxyTo({ baseUrl: upstream.origin, rootCa });
    expect((await ask(proxy.port, { path: farPath })).status).toBe(200);
    expect(upstream.connections).toMatchObject([{ tlsVersion: version }]);
  });
});

/** What name a server is asked for, and which names it may prove. */
import { networkInterfaces } from 'node:os';
import { createServer } from 'node:https';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ask, errorOf } from '../support/ask.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { startForwardProxy } from '../support/start-forward-proxy.ts';
import { farPath, startProxyTo } from '../support/start-proxy-to.ts';
import { identityOptions, startTlsUpstream } from '../support/start-tls-upstream.ts';

const { authority, rootCa } = await createTestAuthority();

async function portOfProxyTo(baseUrl: string, env: Readonly<Record<string, string>> = {}): Promise<number> {
  return (await startProxyTo({ baseUrl, rootCa }, { env })).port;
}

const call = { path: farPath };

describe('the server name', () => {
  test('is sent for a host name', async () => {
    const upstream = await startTlsUpstream(identityOptions(await authority.issueServer({ hosts: ['localhost'] })));
    const port = await portOfProxyTo(upstream.origin);
    expect((await ask(port, call)).status).toBe(200);
    expect(upstream.connections).toMatchObject([{ serverName: 'localhost' }]);
  });

  test('is that of the base URL, whatever Host the caller sends', async () => {
    const upstream = await startTlsUpstream(
      identityOptions(await authority.issueServer({ hosts: ['localhost'] })),
      (request, response) => response.end(request.headers.host),
    );
    const port = await portOfProxyTo(upstream.origin);
    const answer = await ask(port, { ...call, headers: ['X-Forwarded-Host', 'other.example'] });
    expect(answer.body).toBe(`localhost:${upstream.port}`);
    expect(upstream.connections).toMatchObject([{ serverName: 'localhost' }]);
  });

  test('is not sent for an IPv4 address, whose certificate names the address', async () => {
    const upstream = await startTlsUpstream(identityOptions(await authority.issueServer({ hosts: ['127.0.0.1'] })));
    const port = await portOfProxyTo(`https://127.0.0.1:${upstream.port}`);
    expect((await ask(port, call)).status).toBe(200);
    expect(upstream.connections).toMatchObject([{ serverName: '' }]);
  });

  test('is not sent for an IPv6 address, whose certificate names the address', async () => {
    // A machine without IPv6 cannot show it; then the address itself must be refused as one that cannot be reached.
    const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
    const server = createServer(
      identityOptions(await authority.issueServer({ hosts: ['::1'] })),
      (request, response) => {
        const { servername } = request.socket as unknown as { servername: string | false };
        response.end(`name: ${servername === false ? 'none' : servername}`);
      },
    );
    const upstreamPort = await new Promise<number>((resolve, reject) => {
      server.once('error', () => (hasIpv6 ? reject(new Error('cannot listen on ::1')) : resolve(1)));
      server.listen(0, '::1', () => resolve((server.address() as { port: number }).port));
    });
    onTestFinished(() => {
      server.close();
      server.closeAllConnections();
    });
    const port = await portOfProxyTo(`https://[::1]:${upstreamPort}`);
    expect(await ask(port, call)).toMatchObject(hasIpv6 ? { status: 200, body: 'name: none' } : { status: 502 });
  });

  test('may be proved by a wildcard for one label, not for two', async () => {
    const upstream = await startTlsUpstream(identityOptions(await authority.issueServer({ hosts: ['*.far.example'] })));
    // Names that no resolver knows: a forward proxy leads them all to the upstream.
    const forwardProxy = await startForwardProxy({ upstreamPort: upstream.port });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${forwardProxy.port}` };
    const one = await portOfProxyTo('https://a.far.example', env);
    expect((await ask(one, call)).status).toBe(200);
    const two = await portOfProxyTo('https://b.a.far.example', env);
    const answer = await ask(two, call);
    expect(answer.status).toBe(502);
    expect(errorOf(answer).message).toContain("the upstream's certificate is for another name");
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.connections[0]?.serverName).toBe('a.far.example');
  });

  test('is not proved by the common name of a certificate with alternative names', async () => {
    // The first host becomes the common name; only the alternative names count (RFC 6125 §6.4.4).
    const issued = await authority.issueServer({ hosts: ['127.0.0.1', 'other.example'] });
    const upstream = await startTlsUpstream(identityOptions(issued));
    const port = await portOfProxyTo(upstream.origin);
    expect((await ask(port, call)).status).toBe(502);
    expect(upstream.requests).toEqual([]);
  });
});

import { describe, expect, test } from 'vitest';
import {
  environmentProxy,
  type Destination,
  type EnvironmentProxySettings,
} from '../../../proxy/upstream/environment-proxy.ts';

const none: EnvironmentProxySettings = { httpProxy: '', httpsProxy: '', noProxy: '' };

function proxyFor(origin: string, settings: Partial<EnvironmentProxySettings>): string | null {
  const url = new URL(origin);
  const secure = url.protocol === 'https:';
  const port = url.port === '' ? (secure ? 443 : 80) : Number(url.port);
  const destination: Destination = { secure, host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port };
  return environmentProxy(destination, { ...none, ...settings });
}

function isExempt(origin: string, noProxy: string): boolean {
  return proxyFor(origin, { httpProxy: 'http://proxy:3128', httpsProxy: 'http://proxy:3128', noProxy }) === null;
}

describe('which proxy', () => {
  test('none when nothing is set', () => {
    expect(proxyFor('http://h', {})).toBeNull();
  });

  test('HTTP_PROXY is for http and HTTPS_PROXY for https; neither stands in for the other', () => {
    const settings = { httpProxy: 'http://plain:1', httpsProxy: 'http://secure:2' };
    expect(proxyFor('http://h', settings)).toBe('http://plain:1');
    expect(proxyFor('https://h', settings)).toBe('http://secure:2');
    expect(proxyFor('https://h', { httpProxy: 'http://plain:1' })).toBeNull();
    expect(proxyFor('http://h', { httpsProxy: 'http://secure:2' })).toBeNull();
  });

  test('host:port alone is an http proxy', () => {
    expect(proxyFor('http://h', { httpProxy: 'proxy:3128' })).toBe('http://proxy:3128');
    expect(proxyFor('https://h', { httpsProxy: '10.0.0.1:3128' })).toBe('http://10.0.0.1:3128');
  });

  test.for([
    'http://localhost',
    'http://127.0.0.1',
    'http://127.8.9.1:8080',
    'http://[::1]:8080',
    'http://[::ffff:127.0.0.1]',
  ])('%s is this machine and is never proxied', (origin) => {
    expect(isExempt(origin, '')).toBe(true);
  });

  test('a name that only looks like loopback is proxied', () => {
    expect(isExempt('http://127.example', '')).toBe(false);
    expect(isExempt('http://localhost.example', '')).toBe(false);
  });
});

describe('NO_PROXY, as golang.org/x/net/http/httpproxy documents it', () => {
  test.for([
    // A domain name matches that name and all subdomains.
    ['foo.com', 'http://foo.com', true],
    ['foo.com', 'http://bar.foo.com', true],
    ['foo.com', 'http://a.b.foo.com:8080', true],
    ['foo.com', 'http://xfoo.com', false],
    ['foo.com', 'http://foo.com.evil', false],
    ['FOO.com', 'http://foo.COM', true],
    // A leading dot matches subdomains only.
    ['.y.com', 'http://x.y.com', true],
    ['.y.com', 'http://y.com', false],
    ['*.y.com', 'http://x.y.com', true],
    ['*.y.com', 'http://y.com', false],
    // A literal port.
    ['foo.com:80', 'http://foo.com', true],
    ['foo.com:80', 'https://foo.com', false],
    ['foo.com:443', 'https://foo.com', true],
    ['.foo.com:8080', 'http://a.foo.com:8080', true],
    ['.foo.com:8080', 'http://a.foo.com:8081', false],
    // IP addresses, with and without a port.
    ['1.2.3.4', 'http://1.2.3.4:99', true],
    ['1.2.3.4', 'http://1.2.3.5', false],
    ['1.2.3.4:80', 'http://1.2.3.4', true],
    ['1.2.3.4:80', 'http://1.2.3.4:81', false],
    ['2001:db8::1', 'http://[2001:db8::1]', true],
    ['2001:DB8:0:0::1', 'http://[2001:db8::1]', true],
    ['[2001:db8::1]:80', 'http://[2001:db8::1]', true],
    ['[2001:db8::1]:80', 'http://[2001:db8::1]:81', false],
    ['[2001:db8::1]', 'http://[2001:db8::1]:81', true],
    // CIDR notation.
    ['10.0.0.0/8', 'http://10.255.0.1', true],
    ['10.0.0.0/8', 'http://11.0.0.1', false],
    ['10.1.2.3/8', 'http://10.9.9.9', true],
    ['2001:db8::/32', 'http://[2001:db8:1::5]', true],
    ['2001:db8::/32', 'http://[2001:db9::5]', false],
    ['10.0.0.0/8', 'http://ten.example', false],
    ['10.0.0.0/33', 'http://10.0.0.1', false],
    ['10.0.0.0/', 'http://10.0.0.1', false],
    // Lists, spaces and nothing at all.
    [' a.com , b.com ', 'http://b.com', true],
    ['a.com,,b.com', 'http://c.com', false],
    [',', 'http://c.com', false],
    ['', 'http://c.com', false],
    // A single star exempts everything.
    ['*', 'http://anything.example', true],
    ['a.com, *', 'https://9.9.9.9', true],
  ] as const)('"%s" and %s: %s', ([noProxy, origin, exempt]) => {
    expect(isExempt(origin, noProxy)).toBe(exempt);
  });
});

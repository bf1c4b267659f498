import { describe, expect, test } from 'vitest';
import { ConfigError } from '#shared/errors/config-error.ts';
import { brokenProxyVariables, proxyVariable } from '#shared/settings/proxy-variables.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';

describe('the proxy variables', () => {
  test.each([
    'http://proxy:3128',
    'https://proxy:3128',
    'proxy:3128',
    'proxy',
    'http://me:p%40ss@[::1]:3128/',
    '10.0.0.1:3128',
  ])('may be %s', (value) => {
    expect(brokenProxyVariables({ HTTP_PROXY: value, https_proxy: value })).toEqual([]);
  });

  test.each(['socks5://proxy:1080', '::::', 'http://', 'ftp://proxy', 'http://proxy:99999', 'http://%zz:x@proxy'])(
    'may not be %s',
    (value) => {
      expect(brokenProxyVariables({ HTTPS_PROXY: value })).toEqual([
        'HTTPS_PROXY: give the URL of a proxy, http://host:port or https://host:port.',
      ]);
    },
  );

  test('count in upper case before lower case, and not when empty', () => {
    expect(proxyVariable('HTTP_PROXY', { HTTP_PROXY: 'a', http_proxy: 'b' })).toBe('a');
    expect(proxyVariable('NO_PROXY', { NO_PROXY: '', no_proxy: 'b' })).toBe('b');
    expect(proxyVariable('HTTPS_PROXY', {})).toBe('');
  });

  test('are a mistake of the settings that does not show the password', () => {
    const env = { HTTP_PROXY: 'socks5://me:planted@proxy' };
    expect(() => proxySettingsFrom(['--app-id=a'], env)).toThrow(ConfigError);
    expect(() => proxySettingsFrom(['--app-id=a'], env)).toThrow(/^(?!.*planted).*HTTP_PROXY/s);
  });
});

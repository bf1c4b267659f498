/** No user name and no password of a URL target survives, however the URL is escaped. */
import { describe, expect, test } from 'vitest';
import { withoutUserInfo } from '../../../proxy/telemetry/without-user-info.ts';

describe('withoutUserInfo', () => {
  test.each([
    ['/v1.0/invoke/http://user:pw@host/method/x', '/v1.0/invoke/http://[redacted]@host/method/x'],
    ['/v1.0/invoke/HTTPS://user@host:8443/a/method/x', '/v1.0/invoke/HTTPS://[redacted]@host:8443/a/method/x'],
    ['/v1.0/invoke/http%3A%2F%2Fuser%3Apw%40host/method/x', '/v1.0/invoke/http%3A%2F%2F[redacted]@host/method/x'],
    ['/v1.0/invoke/http:%2f%2fuser:p%40w@host%2fa/method/x', '/v1.0/invoke/http:%2f%2f[redacted]@host%2fa/method/x'],
    ['/v1.0/invoke/http://user:a@b@host/method/x', '/v1.0/invoke/http://[redacted]@host/method/x'],
    ['/v1.0/invoke/http://user:p/w@host/method/x', '/v1.0/invoke/http://[redacted]@host/method/x'],
    ['/v1.0/invoke/http://user:pw-cut-by-a-query', '/v1.0/invoke/http://[redacted]'],
    ['http://user:pw@proxy/v1.0/healthz', 'http://[redacted]@proxy/v1.0/healthz'],
    ['/fetch/http://user:pw@host/', '/fetch/http://[redacted]@host/'],
    ['/v1.0/invoke/ftp://user:pw@host/method/x', '/v1.0/invoke/ftp://[redacted]@host/method/x'],
    ['/v1.0/invoke%2Fredis%3A%2F%2Fuser:pw@host', '/v1.0/invoke%2Fredis%3A%2F%2F[redacted]@host'],
    ['git+ssh://user:pw@host', 'git+ssh://[redacted]@host'],
  ])('%s', (path, expected) => {
    expect(withoutUserInfo(path)).toBe(expected);
  });

  test.each([
    '/v1.0/invoke/github/method/a@b',
    '/v1.0/invoke/http://host:8080/base/method/@scope/x',
    '/v1.0/invoke/http%3A%2F%2Fhost%3A8443/method/x',
    '/v1.0/invoke/http://[::1]:8080/method/x',
    '/v1.0/invoke/http://host/method/mail/a@b:c',
    '/https/and/http',
  ])('leaves %s as it is', (path) => {
    expect(withoutUserInfo(path)).toBe(path);
  });
});

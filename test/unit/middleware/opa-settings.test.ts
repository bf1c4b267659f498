import { expect, test } from 'vitest';
import { parseOpaSettings } from '#shared/middleware/opa-settings.ts';
import { unknownValue } from '#shared/middleware/settings-reader.ts';
import { Sensitive } from '#shared/table/sensitive.ts';

function parsed(settings: Readonly<Record<string, string | Sensitive>>): ReturnType<typeof parseOpaSettings> {
  return parseOpaSettings(
    Object.entries(settings).map(([name, value]) => ({
      name,
      value: typeof value === 'string' ? new Sensitive(value, { ref: 'inline', version: '' }) : value,
    })),
  );
}

const url = 'http://localhost:8181';
const rego = 'package http\nallow := true';

test('a server is enough: its own policy decides, and fails closed', () => {
  expect(parsed({ url })).toMatchObject({
    mistakes: [],
    warnings: [],
    settings: { url, rego: null, decision: 'http/allow', defaultStatus: 403, readBody: false, maxBodyBytes: 65_536 },
  });
});

test('every setting is read', () => {
  const { settings } = parsed({
    URL: url,
    rego,
    decision: 'http/authz/allow',
    DefaultStatus: '418',
    includedHeaders: 'X-My-Header, x-jwt -header',
    readBody: 'yes',
    maxBodySize: '1Mi',
    timeout: '250ms',
    token: 'planted',
  });
  expect(settings).toMatchObject({
    rego,
    decision: 'http/authz/allow',
    defaultStatus: 418,
    includedHeaders: ['x-my-header', 'x-jwt-header'],
    readBody: true,
    maxBodyBytes: 1_048_576,
    timeoutMs: 250,
  });
  expect(settings?.token?.reveal()).toBe('planted');
});

test.each([
  [{ rego }, 'url is missing: an OPA server decides by the policy; let one run beside the application'],
  [{ url: 'unix:///opa.sock' }, 'url must be an absolute http or https URL'],
  [{ url, decision: 'http.allow' }, 'decision must be the path of a rule'],
  [{ url, decision: '../policies' }, 'decision must be the path of a rule'],
  [{ url, rego: 'allow := true' }, 'rego must begin with a package'],
  [{ url, rego: 'package authz\nallow := true' }, 'decision must be a rule of the package that rego declares'],
  [{ url, rego: 'package http\nallow := data["http"].open' }, 'rego must name what it refers to below data'],
  [{ url, defaultStatus: '101' }, 'defaultStatus must be a whole number, at least 200 and at most 599'],
  [{ url, timeout: '2m' }, 'timeout must be a duration'],
  [{ url, rootCA: 'none' }, 'rootCA: '],
])('%j is refused', (settings, message) => {
  const { mistakes } = parsed(settings);
  expect(mistakes).toHaveLength(1);
  expect(mistakes[0]).toContain(message);
});

test('what only the proxy knows is no mistake', () => {
  expect(parsed({ url: unknownValue, rego: unknownValue }).mistakes).toEqual([]);
  expect(parsed({ url, rego: 'package authz\nallow := true', decision: unknownValue }).mistakes).toEqual([]);
});

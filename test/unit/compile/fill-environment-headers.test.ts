import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { fillEnvironmentHeaders } from '#shared/compile/fill-environment-headers.ts';
import type { Endpoint } from '#shared/table/endpoint-table.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';

const audience = { appId: 'orders', namespace: '' };
const manifest = `apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata: { name: zones }
spec:
  baseUrl: https://api.example.com
  headers: [{ name: X-Zone, envRef: ZONE }, { name: X-Plain, value: p }]
`;
const fingerprintKey = 'test';

function compiledWith(env: Readonly<Record<string, string>> | null, text = manifest): Endpoint {
  const snapshot = snapshotOf(text, { env: env ?? {} });
  const { table } = compile(env === null ? { ...snapshot, env: null } : snapshot, audience);
  const endpoint = table.endpointsByName.get('zones');
  if (endpoint === undefined) throw new TypeError('it has not been compiled');
  return endpoint;
}

const fill = (
  env: Readonly<Record<string, string>>,
  allowed: readonly string[] | null = null,
): ReturnType<typeof fillEnvironmentHeaders> =>
  fillEnvironmentHeaders(compiledWith(null), {
    env: new Map(Object.entries(env)),
    allowedEnvNames: allowed === null ? null : new Set(allowed),
    fingerprintKey,
  });

/** By name, values revealed. */
function headersOf(endpoint: Endpoint): unknown {
  if (endpoint.state === 'refused') return endpoint.message;
  return Object.fromEntries(
    endpoint.headers.map(({ name, value }) => [name, [value.ref, value.version, value.reveal()]]),
  );
}

describe('compile without an environment', () => {
  test('leaves headers with envRef to the proxy, and they are part of the revision', () => {
    expect(compiledWith(null)).toMatchObject({ environmentHeaders: [{ name: 'X-Zone', variable: 'ZONE' }] });
    const other = compiledWith(null, manifest.replace('ZONE', 'REGION'));
    expect(other.revision).not.toBe(compiledWith(null).revision);
  });

  test('refuses variables that no endpoint may use', () => {
    expect(compiledWith(null, manifest.replace('ZONE', 'DAPR_API_TOKEN'))).toMatchObject({ reason: 'EnvNotAllowed' });
  });
});

describe('filling in the environment', () => {
  test('gives what compile gives that knows it, under the revision that came', () => {
    const { endpoint, findings } = fill({ ZONE: 'eu-1\n' });
    expect(headersOf(endpoint)).toEqual(headersOf(compiledWith({ ZONE: 'eu-1\n' })));
    expect(headersOf(endpoint)).toMatchObject({ 'X-Zone': ['env ZONE', expect.any(String), 'eu-1'] });
    expect(endpoint).toMatchObject({ environmentHeaders: [], revision: compiledWith(null).revision });
    expect(findings).toEqual([]);
  });

  test('leaves a variable that is not set empty, with a warning', () => {
    const { endpoint, findings } = fill({});
    expect(headersOf(endpoint)).toMatchObject({ 'X-Zone': ['env ZONE', expect.any(String), ''] });
    expect(findings).toMatchObject([{ reason: 'EnvNotSet', severity: 'warning' }]);
  });

  test('refuses an endpoint whose variable is not listed, with the message of compile', () => {
    const { endpoint, findings } = fill({ ZONE: 'eu-1' }, ['REGION']);
    const message = 'header X-Zone: environment variable ZONE is not listed in DAPR_ENV_KEYS';
    expect(endpoint).toMatchObject({ state: 'refused', reason: 'EnvNotAllowed', message });
    expect(endpoint.revision).toBe(compiledWith(null).revision);
    expect(findings).toMatchObject([{ reason: 'EnvNotAllowed', message, severity: 'error' }]);
  });

  test('refuses a value that cannot stand in a header, and does not show it', () => {
    const { endpoint } = fill({ ZONE: 'S3CR3T\nX: y' });
    expect(endpoint).toMatchObject({ state: 'refused', reason: 'InvalidHeader' });
    expect(headersOf(endpoint)).not.toContain('S3CR3T');
  });

  test('leaves every other endpoint as it is', () => {
    const known = compiledWith({ ZONE: 'a' });
    const options = { env: new Map<string, string>(), allowedEnvNames: null, fingerprintKey };
    expect(fillEnvironmentHeaders(known, options).endpoint).toBe(known);
  });
});

import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { fillEnvironmentSettings, type FilledPipelines } from '#shared/compile/fill-environment-settings.ts';
import type { MiddlewareEntry, Pipelines } from '#shared/table/middleware.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';

const handler = { name: 'limit', type: 'middleware.http.ratelimit', version: 'v1' };
const configuration = { pipelines: { http: [handler], app: [handler] } };
const manifest = `apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: limit }
spec:
  type: middleware.http.ratelimit
  version: v1
  metadata: [{ name: burst, envRef: BURST }, { name: key, value: '' }]
`;

function compiledWith(env: Readonly<Record<string, string>> | null): Pipelines {
  const snapshot = snapshotOf(manifest, { configuration, env: env ?? {} });
  return compile({ ...snapshot, ...(env === null ? { env } : {}) }, { appId: 'orders', namespace: '' }).table.pipelines;
}

const fill = (env: Readonly<Record<string, string>>, allowed: readonly string[] | null = null): FilledPipelines =>
  fillEnvironmentSettings(compiledWith(null), {
    env: new Map(Object.entries(env)),
    allowedEnvNames: allowed === null ? null : new Set(allowed),
    fingerprintKey: 'test',
  });

function revealed(entry: MiddlewareEntry | undefined): unknown {
  if (entry?.state !== 'ready') return entry;
  return Object.fromEntries(
    entry.settings.map(({ name, value }) => [name, [value.ref, value.version, value.reveal()]]),
  );
}

describe('filling in the settings of middleware', () => {
  test('gives what compile gives that knows the environment, under the revision that came', () => {
    const { pipelines, findingsByName } = fill({ BURST: '7' });
    expect(revealed(pipelines.http[0])).toEqual(revealed(compiledWith({ BURST: '7' }).http[0]));
    expect(revealed(pipelines.app[0])).toEqual(revealed(pipelines.http[0]));
    expect(pipelines.http).toMatchObject([
      { state: 'ready', environmentSettings: [], revision: compiledWith(null).http[0]?.revision },
    ]);
    expect([...findingsByName]).toEqual([['limit', []]]);
  });

  test('checks all settings again, and refuses a mistake without a word of the value', () => {
    const { pipelines, findingsByName } = fill({ BURST: 'S3CR3T' });
    expect(pipelines.app).toMatchObject([
      {
        state: 'refused',
        reason: 'InvalidMiddleware',
        message: 'burst must be a whole number, at least 1 and at most 1000000000',
        revision: compiledWith(null).http[0]?.revision,
      },
    ]);
    expect(findingsByName.get('limit')).toMatchObject([{ severity: 'error' }]);
  });

  test('refuses what may not be used, and warns of what is not set', () => {
    expect(fill({ BURST: '7' }, ['OTHER']).pipelines.http).toMatchObject([{ reason: 'EnvNotAllowed' }]);
    const { pipelines, findingsByName } = fill({});
    expect(pipelines.http).toMatchObject([{ state: 'ready' }]);
    expect(findingsByName.get('limit')).toMatchObject([{ reason: 'EnvNotSet', severity: 'warning' }]);
  });

  test('leaves everything else as it is', () => {
    const known = compiledWith({ BURST: '7' });
    const options = { env: new Map<string, string>(), allowedEnvNames: null, fingerprintKey: 'test' };
    expect(fillEnvironmentSettings(known, options).pipelines).toBe(known);
  });
});

/** Health checks of the application, with a clock that moves when the test says so. */
import { writeFile } from 'node:fs/promises';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createHttp2Server } from 'node:http2';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AppHealth } from '../../proxy/app/app-health.ts';
import { noTelemetry } from '../../proxy/telemetry/no-telemetry.ts';
import { UpstreamFactory } from '../../proxy/upstream/upstream-factory.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { createTestAuthority } from '../support/create-test-authority.ts';
import { ManualClock } from '../support/manual-clock.ts';
import { memoryLogger } from '../support/memory-logger.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { listenUntilTestEnds, startRawUpstream, startUpstream } from '../support/start-upstream.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

interface Checked {
  readonly health: AppHealth;
  /** Statuses of the probes so far; 0 for one that failed. */
  readonly probes: readonly number[];
  /** Lets the interval pass and resolves when the next probe is done. */
  readonly next: () => Promise<boolean>;
  readonly clock: ManualClock;
}

/** Probes every 5 s, for 500 ms at most; three failures in a row make it unhealthy. */
async function startChecks(port: number, args: readonly string[] = []): Promise<Checked> {
  const settings = proxySettingsFrom(['--app-id=orders', `--app-port=${port}`, '--enable-app-health-check', ...args], {
    APP_API_TOKEN: 'planted',
  });
  const { app } = settings;
  if (app === null || app.healthCheck === null) throw new Error('settings without an application');
  const { protocol } = app;
  if (protocol === 'grpc' || protocol === 'grpcs') throw new Error('no HTTP application');
  const clock = new ManualClock();
  const probes: number[] = [];
  const { pool } = new UpstreamFactory({ settings, isOwnAddress: () => false }).forApp({ ...app, protocol });
  const telemetry = { ...noTelemetry, appProbed: ({ status }: { status: number }) => void probes.push(status) };
  const health = new AppHealth({ check: app.healthCheck, pool, clock, logger: memoryLogger([]), telemetry });
  const stop = new AbortController();
  const running = health.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    clock.advance(10_000);
    pool.retire();
    await running;
  });
  const next = async (): Promise<boolean> => {
    const before = probes.length;
    clock.advance(5_000);
    await waitUntil(() => probes.length > before);
    return health.isHealthy;
  };
  return { health, probes, next, clock };
}

/** An application whose probes are answered with these statuses in turn; the last one stays. */
async function startScripted(statuses: readonly number[]): Promise<number> {
  let probe = 0;
  const { port } = await startUpstream((_request, response) => {
    response.writeHead(statuses[Math.min(probe, statuses.length - 1)] ?? 500).end();
    probe += 1;
  });
  return port;
}

async function isHealthyAfter(statuses: readonly number[]): Promise<boolean[]> {
  const { probes, health, next } = await startChecks(await startScripted(statuses));
  await waitUntil(() => probes.length === 1);
  const verdicts = [health.isHealthy];
  for (let probe = 1; probe < statuses.length; probe += 1) verdicts.push(await next());
  expect(probes).toEqual(statuses);
  return verdicts;
}

describe('the application', () => {
  test('is unhealthy until a probe has succeeded, and healthy from the first success on', async () => {
    const silent = await startRawUpstream(() => undefined);
    expect((await startChecks(silent.port)).health.isHealthy).toBe(false);
    expect(await isHealthyAfter([503, 500, 200])).toEqual([false, false, true]);
  });

  test('turns unhealthy after three failures in a row, and healthy again at the first success', async () => {
    expect(await isHealthyAfter([200, 500, 500, 500, 204])).toEqual([true, true, true, false, true]);
  });

  test('stays healthy when a success comes between failures, however many there are in all', async () => {
    const statuses = [200, 500, 500, 200, 500, 500, 200, 500, 500];
    expect(await isHealthyAfter(statuses)).toEqual(statuses.map(() => true));
  });

  test.each([
    [200, true],
    [299, true],
    [304, false],
    [404, false],
  ])('with status %i is healthy: %s', async (status, isHealthy) => {
    expect(await isHealthyAfter([status])).toEqual([isHealthy]);
  });

  test('that redirects is not followed, and unhealthy', async () => {
    let followed = 0;
    const elsewhere = await startUpstream((_request, response) => {
      followed += 1;
      response.end();
    });
    const app = await startUpstream((_request, response) =>
      response.writeHead(302, { Location: elsewhere.origin }).end(),
    );
    const { probes, health } = await startChecks(app.port);
    await waitUntil(() => probes.length === 1);
    expect({ probes, isHealthy: health.isHealthy, followed }).toEqual({ probes: [302], isHealthy: false, followed: 0 });
  });

  test('that does not answer in time, does not listen, or hangs up has failed the probe', async () => {
    const arrived = Promise.withResolvers<undefined>();
    const slow = await startUpstream(() => arrived.resolve(undefined));
    const { probes, clock } = await startChecks(slow.port);
    await arrived.promise;
    clock.advance(499);
    expect(probes).toEqual([]);
    clock.advance(1);
    await waitUntil(() => probes.length === 1);
    expect(probes).toEqual([0]);
    const rude = await startRawUpstream((socket) => socket.destroy());
    for (const port of [1, rude.port]) {
      const failing = await startChecks(port);
      await waitUntil(() => failing.probes.length === 1);
      expect(failing.probes).toEqual([0]);
    }
  });

  test('is asked with GET for the configured path, without its token', async () => {
    const seen = Promise.withResolvers<Parameters<RequestListener>[0]>();
    const app = await startUpstream((request, response) => {
      seen.resolve(request);
      response.end();
    });
    await startChecks(app.port, ['--app-health-check-path=/live?deep=1']);
    const { method, url, rawHeaders } = await seen.promise;
    expect({ method, url }).toEqual({ method: 'GET', url: '/live?deep=1' });
    expect(rawHeaders.join('\n').toLowerCase()).not.toMatch(/planted|dapr-api-token/);
  });

  test('that answers with a body without end is healthy, and rid of its probe when the time is up', async () => {
    const open = new Set<object>();
    const app = await startUpstream((request, response) => {
      open.add(request.socket);
      request.socket.once('close', () => open.delete(request.socket));
      response.write('endless');
    });
    const { probes, health, clock } = await startChecks(app.port);
    await waitUntil(() => probes.length === 1);
    expect({ probes, isHealthy: health.isHealthy }).toEqual({ probes: [200], isHealthy: true });
    clock.advance(500);
    await waitUntil(() => open.size === 0);
  });
});

describe('probes', () => {
  test('go over https, verified against --app-ca-file', async () => {
    const { rootCa, server: certificate } = await createTestAuthority({ name: 'App Root' });
    const server = createSecureServer(certificate, (_request, response) => response.end());
    const port = await listenUntilTestEnds(server);
    const caFile = await writeTemporaryFile('ca.pem', rootCa.value);
    const trusting = await startChecks(port, ['--app-protocol=https', `--app-ca-file=${caFile}`]);
    await waitUntil(() => trusting.probes.length === 1);
    const strict = await startChecks(port, ['--app-protocol=https']);
    await waitUntil(() => strict.probes.length === 1);
    expect([trusting.probes, strict.probes]).toEqual([[200], [0]]);
  });

  test('go over h2c', async () => {
    const server = createHttp2Server((_request, response) => response.end());
    const { probes, next } = await startChecks(await listenUntilTestEnds(server), ['--app-protocol=h2c']);
    await waitUntil(() => probes.length === 1);
    expect(await next()).toBe(true);
    expect(probes).toEqual([200, 200]);
  });
});

describe('--app-ca-file', () => {
  test.each([
    ['that does not exist', async () => '/nowhere/ca.pem', /--app-ca-file: .* cannot be read \(ENOENT\)/],
    [
      'that holds no certificate',
      () => writeTemporaryFile('ca.pem', 'nothing'),
      /--app-ca-file: .* no PEM certificate/,
    ],
  ])('%s is a mistake of the settings', async (_what, fileOf, mistake) => {
    await expect(startChecks(1, ['--app-protocol=https', `--app-ca-file=${await fileOf()}`])).rejects.toThrow(mistake);
  });
});

async function writeTemporaryFile(name: string, text: string): Promise<string> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  return file;
}

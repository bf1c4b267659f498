import { onTestFinished, describe, expect, test } from 'vitest';
import {
  startTelemetryListener,
  type TelemetryListenerOptions,
} from '../../../../operator/telemetry/telemetry-listener.ts';
import { ask } from '../../../support/ask.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

async function start(options: Partial<TelemetryListenerOptions> = {}): Promise<number> {
  const listener = await startTelemetryListener({
    address: '127.0.0.1',
    port: 0,
    missing: () => [],
    renderMetrics: () => Promise.resolve({ contentType: 'text/plain; version=0.0.4', body: 'a 1\n' }),
    ...options,
  });
  onTestFinished(() => listener.close());
  return listener.port;
}

describe('the telemetry listener', () => {
  test('is healthy whatever is missing, and ready when nothing is', async () => {
    const port = await start({ missing: () => ['the tables', 'a list'] });
    expect(await ask(port, { path: '/healthz' })).toMatchObject({ status: 200, body: 'ok\n' });
    expect(await ask(port, { path: '/readyz' })).toMatchObject({
      status: 503,
      body: 'not ready: the tables\nnot ready: a list\n',
    });
    expect(await ask(await start(), { path: '/readyz?verbose' })).toMatchObject({ status: 200, body: 'ready\n' });
  });

  test('says twenty things that are missing at most', async () => {
    const port = await start({ missing: () => Array.from({ length: 100 }, () => 'x') });
    expect((await ask(port, { path: '/readyz' })).body.split('\n')).toHaveLength(21);
  });

  test('serves the metrics', async () => {
    const answer = await ask(await start(), { path: '/metrics' });
    expect(answer).toMatchObject({ status: 200, body: 'a 1\n' });
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4');
  });

  test('knows no other path, and no other method than GET and HEAD', async () => {
    const port = await start();
    expect((await ask(port, { path: '/' })).status).toBe(404);
    const refused = await ask(port, { path: '/metrics', method: 'POST', body: 'x' });
    expect(refused.status).toBe(405);
    expect(refused.headers['allow']).toBe('GET, HEAD');
    expect(await ask(port, { path: '/metrics', method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
  });

  test('answers four scrapes at a time and asks the others to come again', async () => {
    const held = Promise.withResolvers<{ contentType: string; body: string }>();
    let asked = 0;
    const port = await start({
      renderMetrics: () => {
        asked += 1;
        return held.promise;
      },
    });
    const scrapes = Array.from({ length: 4 }, () => ask(port, { path: '/metrics' }));
    await waitUntil(() => asked === 4);
    const refused = await ask(port, { path: '/metrics' });
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('1');
    held.resolve({ contentType: 'text/plain', body: 'b 1\n' });
    for (const scrape of scrapes) expect((await scrape).body).toBe('b 1\n');
    expect((await ask(port, { path: '/metrics' })).body).toBe('b 1\n');
  });

  test('says which port is taken', async () => {
    const port = await start();
    await expect(start({ port })).rejects.toThrow(
      `cannot listen on 127.0.0.1:${port}: it is taken by another program; choose another port`,
    );
  });
});

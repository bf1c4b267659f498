/** The metrics port: what it serves, to whom, and what it does with readers that misbehave. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { PlainListener } from '#shared/listener/plain-listener.ts';
import { startMetricsListener, type MetricsListenerOptions } from '../../../proxy/telemetry/metrics-listener.ts';
import { Metrics } from '../../../proxy/telemetry/metrics.ts';
import { curl } from '../../support/curl.ts';
import { parseExposition, valueOf } from '../../support/exposition.ts';
import { memoryLogger } from '../../support/memory-logger.ts';
import { endedCall, github, servedRequest, tableWith } from '../../support/telemetry-records.ts';

/** Dapr's names, which are kept although promtool does not like them. */
const namesOfDapr =
  /^dapr_(?:http_(?:server|client|healthprobes)_\w+_count|runtime_service_invocation_res_recv_latency_ms) /;

function busyMetrics(): Metrics {
  const metrics = new Metrics({ appId: 'shop', namespace: 'default', logger: memoryLogger([]) });
  metrics.tableApplied(tableWith({ metrics: { recordErrorCodes: true } }));
  const awkward = '/with "quotes", \\ backslash, \n line feed, {braces}, é and 日本';
  for (const path of ['/v1.0/invoke/github/method/orders', awkward, '']) {
    metrics.callStarted(github);
    metrics.callEnded(endedCall({ path }));
    metrics.requestServed(servedRequest({ path }));
    metrics.requestServed(servedRequest({ path, status: 502, errorCode: 'upstream-tls' }));
  }
  metrics.appProbed({ status: 200, durationMs: 1 });
  for (let index = 0; index < 400; index += 1) metrics.requestServed(servedRequest({ path: `/many/${index}` }));
  return metrics;
}

async function listening(options: Partial<MetricsListenerOptions> = {}): Promise<PlainListener> {
  const listener = await startMetricsListener({ address: '127.0.0.1', port: 0, metrics: busyMetrics(), ...options });
  onTestFinished(() => listener.close());
  return listener;
}

/** Metrics whose text begins, and goes on only when the test says so. */
function heldMetrics(): MetricsListenerOptions['metrics'] & { release: () => void; ended: () => number } {
  const { promise, resolve } = Promise.withResolvers<void>();
  let ended = 0;
  return {
    isEnabled: true,
    contentType: 'text/plain',
    release: resolve,
    ended: () => ended,
    async *chunks() {
      try {
        yield 'first\n';
        await promise;
        for (let index = 0; index < 100; index += 1) yield 'x'.repeat(100_000);
      } finally {
        ended += 1;
      }
    },
  };
}

function ask(port: number, options: { method?: string; path?: string } = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, agent: false, ...options }, resolve)
      .on('error', reject)
      .end();
  });
}

describe('a scrape', () => {
  test.each(['/', '/metrics', '/any/path?at=all'])(
    'of %s gets the metrics, in text that a strict reader accepts',
    async (path) => {
      const { port } = await listening();
      const response = await ask(port, { path });
      expect(response.statusCode).toBe(200);
      expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
      const families = parseExposition(await text(response));
      const labels = { method: 'GET', path: '/v1.0/invoke/github/method/orders', status: '502' };
      expect(valueOf(families, 'dapr_http_server_request_count', labels)).toBe(1);
      expect(families.get('dapr_http_server_latency')?.samples.length).toBeGreaterThan(200 * 36);
    },
  );

  test("is accepted by Prometheus' own promtool, which complains of nothing but Dapr's names", async (context) => {
    if (spawnSync('promtool', ['--version']).error !== undefined) {
      context.skip(
        'needs promtool (Debian: apt-get install prometheus); the strict parser of the other tests has read it',
      );
    }
    const { body } = await busyMetrics().render();
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    // 1: it cannot be parsed; 3: names are not to its taste.
    expect([0, 3], stderr).toContain(status);
    const complaints = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
    expect(complaints.filter((line) => !namesOfDapr.test(line))).toEqual([]);
  });

  test('with curl works too', async () => {
    const { port } = await listening();
    const { output } = await curl('-D', '-', '-o', '/dev/null', `http://127.0.0.1:${port}/metrics`);
    expect(output).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  });

  test('by HEAD has no body', async () => {
    const { port } = await listening();
    const response = await ask(port, { method: 'HEAD' });
    expect([response.statusCode, await text(response)]).toEqual([200, '']);
  });

  test('by another method is refused', async () => {
    const { port } = await listening();
    const response = await ask(port, { method: 'POST' });
    expect([response.statusCode, response.headers.allow]).toEqual([405, 'GET, HEAD']);
  });

  test('while the Configuration switches metrics off is 404 with the reason', async () => {
    const metrics = busyMetrics();
    metrics.tableApplied(tableWith({ metrics: { enabled: false } }));
    const { port } = await listening({ metrics });
    const response = await ask(port);
    expect([response.statusCode, await text(response)]).toEqual([
      404,
      'metrics are switched off by the Configuration\n',
    ]);
  });
});

describe('readers that misbehave', () => {
  test('more than four at once wait their turn', async () => {
    const metrics = heldMetrics();
    const { port } = await listening({ metrics });
    const readers = await Promise.all(Array.from({ length: 4 }, () => ask(port)));
    const fifth = await ask(port);
    expect([fifth.statusCode, fifth.headers['retry-after']]).toEqual([503, '1']);
    metrics.release();
    for (const reader of readers) expect((await text(reader)).length).toBe(10_000_006);
    expect((await ask(port)).statusCode).toBe(200);
  });

  test('one that leaves ends its scrape', async () => {
    const metrics = heldMetrics();
    const { port } = await listening({ metrics });
    const response = await ask(port);
    response.destroy();
    metrics.release();
    await expect.poll(() => metrics.ended()).toBe(1);
  });

  test('one that stops reading is cut off', async () => {
    const metrics = heldMetrics();
    metrics.release();
    const { port } = await listening({ metrics, stalledReaderMs: 50 });
    const response = await ask(port);
    response.pause();
    await expect.poll(() => metrics.ended(), { timeout: 5_000 }).toBe(1);
    response.destroy();
  });

  test('one that never finishes its headers is cut off', async () => {
    const { port } = await listening({ headerTimeoutMs: 50 });
    const socket = connect(port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost:');
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /);
  });
});

test('a port that is taken is one clear sentence', async () => {
  const { port } = await listening();
  await expect(startMetricsListener({ address: '127.0.0.1', port, metrics: busyMetrics() })).rejects.toThrow(
    new Error(`cannot listen on 127.0.0.1:${port}: it is taken by another program; choose another port`),
  );
});

test('closing ends what is being read', async () => {
  const listener = await listening({ metrics: heldMetrics() });
  const response = await ask(listener.port);
  const cut = once(response, 'error');
  await listener.close();
  expect(await cut).toHaveLength(1);
});

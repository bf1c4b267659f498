/** The bench is only worth something when it measures and judges rightly. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { completeAnswer, sendConstantRate } from '../../bench/constant-rate.ts';
import { reportText } from '../../bench/report.ts';
import { bars, type BenchResult } from '../../bench/result.ts';
import { median, percentile } from '../../bench/statistics.ts';

describe('percentile', () => {
  test('is the value of the nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect([percentile(values, 0), percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)]).toEqual([
      1, 50, 99, 100,
    ]);
    expect(median([3, 1, 2])).toBe(2);
    expect(median([])).toBeNaN();
  });
});

describe('completeAnswer', () => {
  test.each([
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', { status: 200, length: 40 }],
    ['HTTP/1.1 503 Busy\r\ncontent-length:0\r\n\r\nHTTP/1.1', { status: 503, length: 39 }],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n', { status: 200, length: 59 }],
    ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no', null],
    ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n', null],
    ['HTTP/1.1 200 OK\r\nContent-', null],
  ])('%j', (text, expected) => {
    expect(completeAnswer(text)).toEqual(expected);
  });
});

describe('sendConstantRate', () => {
  test('counts the wait of every request that a stall delays, not of the one alone that is stalled', async () => {
    let count = 0;
    const server = createServer((request, response) => {
      request.resume();
      count += 1;
      if (count === 20) systemClock.after(300, () => response.end('late'));
      else response.end('ok');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const { latenciesMs, failures } = await sendConstantRate({
      url: new URL(`http://127.0.0.1:${port}/`),
      requestsPerSecond: 200,
      connections: 1,
      bodyBytes: 16,
      warmUpMs: 0,
      durationMs: 500,
      clock: systemClock,
    });
    expect(failures).toBe(0);
    expect(latenciesMs.length).toBe(count);
    // 300 ms at 200 a second hold up about 60 requests behind the first.
    expect(latenciesMs.filter((latency) => latency > 50).length).toBeGreaterThan(20);
  });
});

describe('the bars', () => {
  const load = { p50Ms: 1, p99Ms: 2, failures: 0, cpuShare: 0.5, memory: { bytes: 40 * 1024 * 1024, how: 'a cgroup' } };
  const result: BenchResult = {
    machine: { cpu: 'a CPU', cores: 2, node: '26', loadBefore: 0 },
    generator: 'wrk',
    throughput: [
      { name: 'direct', roundsPerSecond: [9], cpuMicrosPerRequest: [1], failures: 0 },
      { name: 'nginx', roundsPerSecond: [4], cpuMicrosPerRequest: [1], failures: 0 },
      { name: 'farpoint', roundsPerSecond: [1, 2, 3], cpuMicrosPerRequest: [1], failures: 0 },
      { name: 'guarded', roundsPerSecond: [0.85, 1.7, 2.4], cpuMicrosPerRequest: [1], failures: 0 },
    ],
    steadyLoad: [{ name: 'farpoint', ...load }],
    readyMs: [300],
    changeMs: [250],
  };
  const verdicts = (changed: Partial<BenchResult>): readonly (boolean | null)[] =>
    bars({ ...result, ...changed }).map(({ isMet }) => isMet);

  test('are met at their very value', () => {
    expect(verdicts({})).toEqual([true, true, true, true, true, true]);
  });

  test('are missed one by one', () => {
    const slow = (name: string, roundsPerSecond: readonly number[]): BenchResult['throughput'] =>
      result.throughput.map((entry) => (entry.name === name ? { ...entry, roundsPerSecond } : entry));
    const memory = { bytes: 46 * 1024 * 1024, how: 'a cgroup' };
    const missed = (changed: Partial<BenchResult>): readonly number[] =>
      verdicts(changed).flatMap((isMet, index) => (isMet === false ? [index] : []));
    expect(missed({ throughput: slow('farpoint', [1, 1.9, 1.9]) })).toEqual([0]);
    expect(missed({ throughput: slow('guarded', [0.8, 1.7, 2.5]) })).toEqual([1]);
    expect(missed({ steadyLoad: [{ name: 'farpoint', ...load, memory }] })).toEqual([2]);
    expect(missed({ readyMs: [301] })).toEqual([3]);
    expect(missed({ changeMs: [251] })).toEqual([4]);
    expect(missed({ steadyLoad: [{ name: 'farpoint', ...load, failures: 1 }] })).toEqual([5]);
  });

  test('are printed as MISSED, and as unknown without nginx', () => {
    expect(reportText({ ...result, readyMs: [301] })).toMatch(/^MISSED {3}start to ready.*301 ms/m);
    const throughput = result.throughput.filter(({ name }) => name !== 'nginx');
    expect(reportText({ ...result, throughput })).toMatch(/^UNKNOWN {2}requests\/s.*nginx is not installed/m);
  });

  test('come with a warning on a busy machine', () => {
    expect(reportText(result)).not.toContain('BUSY');
    expect(reportText({ ...result, machine: { ...result.machine, loadBefore: 3 } })).toContain('BUSY: the machine');
  });
});

/**
 * What the process uses, under the names that Prometheus' clients share. Read at a scrape only: no timer, no observer,
 * nothing on the request path.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { CollectedMetric } from 'prom-client/lib/registry.js';
import { gaugeFamily, type GaugeSample } from './gauge-family.ts';

/** Makes the process metrics; `now` tells when the process started. */
export function processMetrics(now: Date): readonly CollectedMetric[] {
  const startedAtSeconds = now.getTime() / 1_000 - process.uptime();
  return [
    gaugeFamily({
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time spent.',
      type: 'counter',
      sample: () => one((process.cpuUsage().user + process.cpuUsage().system) / 1e6),
    }),
    gaugeFamily({
      name: 'process_resident_memory_bytes',
      help: 'Resident memory.',
      sample: () => one(process.memoryUsage.rss()),
    }),
    gaugeFamily({
      name: 'process_start_time_seconds',
      help: 'When the process started.',
      sample: () => one(startedAtSeconds),
    }),
    gaugeFamily({ name: 'process_open_fds', help: 'Open file descriptors.', sample: openFileDescriptors }),
    gaugeFamily({ name: 'process_max_fds', help: 'File descriptors that may be open.', sample: maxFileDescriptors }),
    gaugeFamily({
      name: 'nodejs_heap_size_total_bytes',
      help: 'Size of the JavaScript heap.',
      sample: () => one(process.memoryUsage().heapTotal),
    }),
    gaugeFamily({
      name: 'nodejs_heap_size_used_bytes',
      help: 'Used part of the JavaScript heap.',
      sample: () => one(process.memoryUsage().heapUsed),
    }),
    gaugeFamily({
      name: 'nodejs_external_memory_bytes',
      help: 'Memory outside the heap that JavaScript objects hold.',
      sample: () => one(process.memoryUsage().external),
    }),
    gaugeFamily({
      name: 'nodejs_eventloop_active_seconds_total',
      help: 'Time that the event loop was busy; its rate is the share of one core.',
      type: 'counter',
      sample: () => one(performance.eventLoopUtilization().active / 1_000),
    }),
  ];
}

function one(value: number): readonly GaugeSample[] {
  return [{ labels: {}, value }];
}

/** Linux only; elsewhere there is no such metric. */
function openFileDescriptors(): readonly GaugeSample[] {
  try {
    return one(readdirSync('/proc/self/fd').length - 1);
  } catch {
    return [];
  }
}

function maxFileDescriptors(): readonly GaugeSample[] {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? [] : one(Number(limit));
  } catch {
    return [];
  }
}

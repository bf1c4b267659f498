/**
 * What the process uses, under the names that Prometheus' clients share. Read at a scrape only: no timer, no observer,
 * nothing on the request path.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessMetric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
  /** `null`: this system does not tell. */
  readonly read: () => number | null;
}

/** Makes the process metrics; `now` tells when the process started. */
export function processMetrics(now: Date): readonly ProcessMetric[] {
  const startedAtSeconds = now.getTime() / 1_000 - process.uptime();
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'User and system CPU time spent.',
      type: 'counter',
      read: () => (process.cpuUsage().user + process.cpuUsage().system) / 1e6,
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory.',
      type: 'gauge',
      read: () => process.memoryUsage.rss(),
    },
    {
      name: 'process_start_time_seconds',
      help: 'When the process started.',
      type: 'gauge',
      read: () => startedAtSeconds,
    },
    { name: 'process_open_fds', help: 'Open file descriptors.', type: 'gauge', read: openFileDescriptors },
    { name: 'process_max_fds', help: 'File descriptors that may be open.', type: 'gauge', read: maxFileDescriptors },
    {
      name: 'nodejs_heap_size_total_bytes',
      help: 'Size of the JavaScript heap.',
      type: 'gauge',
      read: () => process.memoryUsage().heapTotal,
    },
    {
      name: 'nodejs_heap_size_used_bytes',
      help: 'Used part of the JavaScript heap.',
      type: 'gauge',
      read: () => process.memoryUsage().heapUsed,
    },
    {
      name: 'nodejs_external_memory_bytes',
      help: 'Memory outside the heap that JavaScript objects hold.',
      type: 'gauge',
      read: () => process.memoryUsage().external,
    },
    {
      name: 'nodejs_eventloop_active_seconds_total',
      help: 'Time that the event loop was busy; its rate is the share of one core.',
      type: 'counter',
      read: () => performance.eventLoopUtilization().active / 1_000,
    },
  ];
}

/** Linux only; elsewhere there is no such metric. */
function openFileDescriptors(): number | null {
  try {
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}

function maxFileDescriptors(): number | null {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? null : Number(limit);
  } catch {
    return null;
  }
}

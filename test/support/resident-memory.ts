/** How much memory a process has in RAM. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const kib = 1024;

/** Linux keeps it in /proc; elsewhere `ps` knows. */
function residentMib(pid: number): number {
  const status = `/proc/${pid}/status`;
  const kibibytes = existsSync(status)
    ? /^VmRSS:\s+(\d+)/m.exec(readFileSync(status, 'utf8'))?.[1]
    : execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' });
  return Number(kibibytes) / kib;
}

/** The most that the process had while this ran, looked at fifty times a second. */
export async function peakMibDuring(pid: number, run: () => Promise<void>): Promise<number> {
  let peak = residentMib(pid);
  const timer = setInterval(() => (peak = Math.max(peak, residentMib(pid))), 20);
  try {
    await run();
  } finally {
    clearInterval(timer);
  }
  return Math.max(peak, residentMib(pid));
}

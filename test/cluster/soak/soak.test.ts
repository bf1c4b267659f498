/**
 * No update is missed: random writes, random faults, an operator that is killed, an API server that restarts, an etcd that
 * is compacted; and again and again an audit of what every proxy holds. SOAK_MINUTES says how long.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { differencesOf, readNamespace } from './audit.ts';
import { RandomFaults } from './random-faults.ts';
import { RandomWriter } from './random-writer.ts';
import { startSoakSite, type SoakSite } from './soak-site.ts';

const minutes = Number(process.env['SOAK_MINUTES'] ?? 0.5);
const partMs = 8_000;
/** For an operator that starts anew, backoffs that have grown, and connections that come back: not a bar, an end. */
const convergenceMs = 90_000;
const everythingElseMs = 120_000;

test(
  `every proxy holds what the API server holds, through ${minutes} minutes of changes and faults`,
  async () => {
    const site = await startSoakSite();
    const writer = new RandomWriter({ ...site, random: Math.random });
    const faults = new RandomFaults(site, Math.random);
    try {
      const endMs = performance.now() + minutes * 60_000;
      let audits = 0;
      let slowestMs = 0;
      while (performance.now() < endMs) {
        const part = new AbortController();
        const working = Promise.all([writer.run(part.signal), faults.run(part.signal)]);
        await pause(partMs);
        part.abort();
        await working;
        site.faults.clear();
        const startMs = performance.now();
        expect(await differencesAfterAll(site, writer), await site.operatorLog()).toEqual([]);
        slowestMs = Math.max(slowestMs, performance.now() - startMs);
        audits += 1;
      }
      process.stdout.write(
        `soak: ${writer.writes} writes, ${audits} audits, the slowest convergence ${(slowestMs / 1_000).toFixed(1)} s; ` +
          `${[...faults.counts].map(([name, count]) => `${count} × ${name}`).join(', ')}\n`,
      );
      expect(writer.writes).toBeGreaterThan(minutes * 100);
      expect(audits).toBeGreaterThan(0);
    } finally {
      await site.end();
    }
  },
  minutes * 60_000 + convergenceMs + everythingElseMs,
);

/** Looks until there is no difference, or says which are left. */
async function differencesAfterAll(site: SoakSite, writer: RandomWriter): Promise<readonly string[]> {
  const deadline = performance.now() + convergenceMs;
  for (;;) {
    const differences: string[] = [];
    for (const namespace of site.namespaces) {
      const content = await readNamespace(site.controlPlane, namespace);
      for (const subscriber of site.subscribers.filter((each) => each.namespace === namespace)) {
        differences.push(...differencesOf(subscriber, content, (secret) => writer.valuesOf(secret)));
      }
    }
    if (differences.length === 0 || performance.now() > deadline) return differences;
    await pause(100);
  }
}

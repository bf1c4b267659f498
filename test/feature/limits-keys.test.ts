/**
 * A rate limiter whose keys callers choose stays bounded: measured in a process of its own, as users run it.
 * `make soak` sends a million keys; `make test` a tenth of that, with the same bar.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { middlewareComponent, pipelineConfiguration } from '../support/middleware-manifests.ts';
import { openRawConnection, statusesIn } from '../support/raw-connection.ts';
import { peakMibDuring } from '../support/resident-memory.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { startProxyProcess } from './cli/farpoint-process.ts';

const keys = process.env['SOAK_MIB'] === undefined ? 100_000 : 1_000_000;
/** What the resident memory may grow by, once warm. */
const flatMib = 20;
const batchSize = 200;

const limit = { name: 'limit', type: 'ratelimit' };
/** Everything that the limiter lets by is answered right behind it. */
const nobody = { name: 'nobody', type: 'routerchecker' };

test('distinct keys leave memory flat, and each of them is counted', { timeout: 30_000 + keys / 2 }, async () => {
  const folder = await temporaryFolder();
  const settings = { key: '{header:x-key}{path}', maxRequestsPerSecond: '0.01' };
  writeFileSync(join(folder, 'limit.yaml'), middlewareComponent(limit, settings));
  writeFileSync(join(folder, 'nobody.yaml'), middlewareComponent(nobody, { rule: '^$' }));
  writeFileSync(join(folder, 'pipelines.yaml'), pipelineConfiguration({ http: [limit, nobody] }));
  const { farpoint, url } = await startProxyProcess([
    `--resources-path=${folder}`,
    `--config=${join(folder, 'pipelines.yaml')}`,
  ]);
  const connection = await openRawConnection(Number(new URL(url).port));

  const statusesOf = async (names: readonly string[]): Promise<readonly number[]> => {
    connection.received = '';
    const request = (name: string): string =>
      `GET /v1.0/invoke/up/method/${name} HTTP/1.1\r\nHost: a\r\nX-Key: ${name.repeat(20)}\r\n\r\n`;
    connection.send(names.map(request).join(''));
    await waitUntil(() => statusesIn(connection.received).length === names.length || connection.isClosed);
    return statusesIn(connection.received);
  };
  const sendMany = async (from: number, to: number): Promise<void> => {
    for (let at = from; at < to; at += batchSize) {
      const statuses = await statusesOf(Array.from({ length: batchSize }, (_, index) => `key-${at + index}`));
      expect(new Set(statuses)).toEqual(new Set([400]));
    }
  };

  const pid = farpoint.child.pid ?? 0;
  const warm = await peakMibDuring(pid, () => sendMany(0, keys / 4));
  const peak = await peakMibDuring(pid, () => sendMany(keys / 4, keys));
  expect(peak - warm, `${peak.toFixed(0)} MiB at most, ${warm.toFixed(0)} MiB when warm`).toBeLessThan(flatMib);
  expect(await statusesOf([`key-${keys - 1}`, `key-${keys - 2}`])).toEqual([429, 429]);
  // Of no key used for longest: forgotten, as if it had never been.
  expect(await statusesOf(['key-0'])).toEqual([400]);
});

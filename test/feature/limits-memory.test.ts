/**
 * Bodies of any size leave the memory of a proxy flat: measured in a process of its own, as users run it.
 * SOAK_MIB sets the size (`make soak`: 1024); `make test` takes a quarter of that, with the same bar.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { download, largeBodyUpstream, upload, writeEndlessly } from '../support/large-bodies.ts';
import { pipelineConfiguration, stepFiles, type Step } from '../support/middleware-manifests.ts';
import { peakMibDuring } from '../support/resident-memory.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';
import { startProxyProcess } from './cli/farpoint-process.ts';

const mib = 1024 * 1024;
const size = Number(process.env['SOAK_MIB'] ?? 256) * mib;
/** Of the issue: what the resident memory may grow by, once warm. */
const flatMib = 20;
/** V8 by itself lets 50 MiB of buffers lie. */
const keptMib = 35;
const warmRounds = 16;
const timeout = 60_000 + size / 10_000;

async function startMeasured(origin: string, pipeline: readonly Step[] = []): Promise<{ url: string; pid: number }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'farpoint-limits-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(path.join(folder, 'up.yaml'), httpEndpoint('up', origin));
  const configuration = path.join(folder, 'pipelines.yaml');
  writeFileSync(configuration, pipelineConfiguration({ http: pipeline, app: pipeline }));
  for (const [file, text] of Object.entries(stepFiles(pipeline))) writeFileSync(path.join(folder, file), text);
  const args = [`--resources-path=${folder}`, `--config=${configuration}`, '--max-body-size=0'];
  const { farpoint, url } = await startProxyProcess(args);
  return { url: `${url}/v1.0/invoke/up/method`, pid: farpoint.child.pid ?? 0 };
}

/** Of three turns at most: what grows with a body grows each time; a swing of the collector does not come three times in turn. */
async function lowestPeakMib(
  pid: number,
  { belowMib, run }: { readonly belowMib: number; readonly run: () => Promise<void> },
): Promise<number> {
  let peak = Infinity;
  for (let turn = 0; turn < 3 && peak >= belowMib; turn += 1) peak = Math.min(peak, await peakMibDuring(pid, run));
  return peak;
}

const changing: readonly Step[] = [
  { name: 'limit', type: 'ratelimit' },
  { name: 'loud', type: 'uppercase', settings: { direction: 'both' } },
];

test.each([
  { name: 'a large download and a large upload leave memory flat', pipeline: [] },
  { name: 'and so they do through pipelines that change every byte of them', pipeline: changing },
])('$name', { timeout }, async ({ pipeline }) => {
  const upstream = await startUpstream(largeBodyUpstream);
  const { url, pid } = await startMeasured(upstream.origin, pipeline);
  const transfer = async (bytes: number): Promise<void> => {
    expect(await download(`${url}/${bytes}`)).toBe(bytes);
    expect(await upload(`${url}/sized`, { bytes, isSized: true })).toBe(String(bytes));
    expect(await upload(`${url}/chunked`, { bytes: bytes / 4, isSized: false })).toBe(String(bytes / 4));
  };
  // As much in all as follows, several times: the collector lets memory swing, and rarely up to its highest. No body is larger
  // than a quarter of those that follow, so that what grows with a body shows.
  const warm = await peakMibDuring(pid, async () => {
    for (let round = 0; round < warmRounds; round += 1) await transfer(size / 4);
  });
  const peak = await lowestPeakMib(pid, { belowMib: warm + flatMib, run: () => transfer(size) });
  expect(peak - warm, `${peak.toFixed(0)} MiB at most, ${warm.toFixed(0)} MiB when warm`).toBeLessThan(flatMib);
});

test('pieces that have been passed on are soon given back', { timeout }, async () => {
  const upstream = await startUpstream(largeBodyUpstream);
  const { url, pid } = await startMeasured(upstream.origin);
  const before = await peakMibDuring(pid, async () => void (await download(`${url}/1000`)));
  const transfer = async (): Promise<void> => {
    expect(await download(`${url}/${size}`)).toBe(size);
    expect(await upload(`${url}/sized`, { bytes: size, isSized: true })).toBe(String(size));
  };
  const peak = await lowestPeakMib(pid, { belowMib: before + keptMib, run: transfer });
  expect(peak - before, `${peak.toFixed(0)} MiB at most, ${before.toFixed(0)} MiB before`).toBeLessThan(keptMib);
});

test('a caller that does not read an endless answer costs less than 2 MiB', { timeout }, async () => {
  let sent = 0;
  const upstream = await startUpstream((request, response) => {
    if (request.url !== '/endless') return void response.end('ok');
    writeEndlessly(response, (bytes) => (sent += bytes));
  });
  const { url, pid } = await startMeasured(upstream.origin);
  const { port, pathname } = new URL(url);
  const readNothing = (): Socket => {
    const socket = connect({ host: '127.0.0.1', port: Number(port) });
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write(`GET ${pathname}/endless HTTP/1.1\r\nHost: localhost\r\n\r\n`);
    return socket;
  };
  const isStill = async (): Promise<boolean> => {
    const before = sent;
    for (let call = 0; call < 20; call += 1) await download(`${url}/small`);
    return sent > 0 && sent === before;
  };
  const callers: Socket[] = [];
  const stallTwenty = async (): Promise<void> => {
    callers.push(...Array.from({ length: 20 }, readNothing));
    await waitUntil(isStill);
  };
  const warm = await peakMibDuring(pid, async () => {
    await stallTwenty();
    await stallTwenty();
  });
  const peak = await peakMibDuring(pid, stallTwenty);
  expect(peak - warm, `${peak.toFixed(0)} MiB at most, ${warm.toFixed(0)} MiB when warm`).toBeLessThan(20 * 2);
  expect(callers.every((socket) => !socket.destroyed)).toBe(true);
});

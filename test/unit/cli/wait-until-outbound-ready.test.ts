import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type { Clock } from '#shared/clock/clock.ts';
import { waitUntilOutboundReady } from '../../../cli/wait-until-outbound-ready.ts';

/** Each sleep is over at once and moves the time. */
function jumpingClock(): Clock {
  let nowMs = 0;
  return {
    monotonicMs: () => nowMs,
    epochMs: () => nowMs,
    after: () => ({ cancel: () => undefined }),
    sleep: (delayMs) => {
      nowMs += delayMs;
      return Promise.resolve();
    },
  };
}

async function listen(server: Server): Promise<{ host: string; port: number }> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

test('gives up after 60 s of a proxy that is never ready', async () => {
  let tries = 0;
  const address = await listen(
    createServer((_request, response) => {
      tries += 1;
      response.writeHead(500).end();
    }),
  );
  const lines: string[] = [];
  const isReady = await waitUntilOutboundReady(address, { clock: jumpingClock(), report: (line) => lines.push(line) });
  const url = `http://127.0.0.1:${address.port}/v1.0/healthz/outbound`;
  expect({ isReady, tries, lines }).toEqual({
    isReady: false,
    tries: 601,
    lines: [`waiting for ${url}: status 500`, `gave up after 60 s: ${url}: status 500`],
  });
});

test('is satisfied by exactly 204', async () => {
  const statuses = [500, 200, 301, 204];
  const asked: (string | undefined)[] = [];
  const address = await listen(
    createServer((request, response) => {
      asked.push(request.url);
      response.writeHead(statuses[asked.length - 1] ?? 500).end();
    }),
  );
  const lines: string[] = [];
  expect(await waitUntilOutboundReady(address, { clock: jumpingClock(), report: (line) => lines.push(line) })).toBe(
    true,
  );
  expect(lines.at(-1)).toBe('ready');
  expect(asked).toEqual(Array.from({ length: 4 }, () => '/v1.0/healthz/outbound'));
});

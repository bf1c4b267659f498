/** What happens while a call waits for its next try: the caller may leave, the proxy may go down, tables may change. */
import type { ServerResponse } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask } from '../support/ask.ts';
import { collectH2c, openH2c } from '../support/h2c-client.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { openRawConnection } from '../support/raw-connection.ts';
import {
  answering,
  resetting,
  retriedManifest,
  startRetried,
  triesLogged,
  upPath,
  type Retried,
  type Turn,
} from '../support/start-retried.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream } from '../support/start-upstream.ts';

const busy: Turn = (request, response) => answering(503)(request, response);
/** Longer than any test runs. */
const long = 'policy: constant, duration: 50s, maxRetries: 3';
const get = `GET ${upPath} HTTP/1.1\r\nHost: x\r\n\r\n`;

async function waits({ proxy }: Retried): Promise<void> {
  await waitUntil(() => triesLogged(proxy).length > 0);
}

/** The call has ended because its caller is gone. */
async function isGivenUp({ proxy }: Retried): Promise<void> {
  await waitUntil(() => proxy.lines.some(({ fields }) => fields['code'] === 'caller-left'));
}

describe('a caller who leaves', () => {
  test.for([
    ['an answer', busy],
    ['a failure', resetting],
  ] as const)('ends the wait after %s, and no other try is made', async ([, turn]) => {
    const retried = await startRetried([turn, answering(200)], { policy: long });
    const caller = await openRawConnection(retried.proxy.port);
    caller.send(get);
    await waits(retried);
    caller.socket.destroy();
    await isGivenUp(retried);
    expect(retried.seen).toHaveLength(1);
  });

  test('by a reset of his stream does so, too', async () => {
    const retried = await startRetried([busy, answering(200)], { policy: long });
    const stream = openH2c(retried.proxy.port).request({ ':path': upPath });
    const answer = collectH2c(stream);
    await waits(retried);
    stream.close();
    expect((await answer).status).toBe(0);
    await isGivenUp(retried);
    expect(retried.seen).toHaveLength(1);
  });
});

describe('a proxy that goes down', () => {
  test('makes the last try at once, and passes on what comes of it', async () => {
    const retried = await startRetried([busy, answering(200)], { policy: long });
    const answer = retried.call();
    await waits(retried);
    retried.proxy.running.shutdown();
    expect(await answer).toMatchObject({ status: 200, body: 'answer 1' });
    expect(await retried.proxy.running.ended).toBe('graceful');
  });

  test('makes one try only', async () => {
    const retried = await startRetried([answering(503)], { policy: long });
    const answer = retried.call();
    await waits(retried);
    retried.proxy.running.shutdown();
    expect(await answer).toMatchObject({ status: 503, body: 'answer 2' });
    expect(retried.seen).toHaveLength(2);
  });
});

test('the slot of --app-max-concurrency is free while a call waits', async () => {
  const retried = await startRetried([busy, answering(200)], { policy: long, args: ['--app-max-concurrency=1'] });
  const caller = await openRawConnection(retried.proxy.port);
  caller.send(get);
  await waits(retried);
  expect((await retried.call()).status).toBe(200);
  expect((await retried.call()).status).toBe(200);
  caller.socket.destroy();
});

describe('a change of tables', () => {
  test('leaves a call the policies that it began with, and gives new ones to the next', async () => {
    const retried = await startRetried([busy, answering(200), busy], { policy: 'policy: constant, duration: 300ms' });
    const first = retried.call();
    await waits(retried);
    await retried.proxy.change('resiliency.yaml', retriedManifest({ policy: 'maxRetries: 0' }));
    expect((await first).status).toBe(200);
    expect((await retried.call()).status).toBe(503);
    expect(retried.seen).toHaveLength(3);
  });

  test('leaves a call the upstream that it began with, even one that is gone', async () => {
    const retried = await startRetried([busy, answering(200)], { policy: 'policy: constant, duration: 300ms' });
    const other = await startUpstream((_request, response) => response.end('other'));
    const first = retried.call();
    await waits(retried);
    await retried.proxy.change('up.yaml', httpEndpoint('up', other.origin));
    expect(await retried.call()).toMatchObject({ status: 200, body: 'other' });
    expect(await first).toMatchObject({ status: 200, body: 'answer 1' });
    await retried.proxy.change('up.yaml', null);
    expect((await retried.call()).status).toBe(404);
  });

  test('of policies, over and over, loses no call', async () => {
    let count = 0;
    const flapping: Turn = (_request, response) => {
      count += 1;
      response.writeHead(count % 2 === 0 ? 200 : 503).end();
    };
    const { proxy, call } = await startRetried([flapping]);
    const policies = ['maxRetries: 5', 'maxRetries: 6, jitter: full', 'policy: exponential, initialInterval: 1ms'];
    const statuses = new Set<number>();
    for (let round = 0; round < 6; round += 1) {
      const answers = Promise.all([call(), call(), call()]);
      const policy = `duration: 1ms, ${policies[round % policies.length] ?? ''}`;
      await proxy.change('resiliency.yaml', retriedManifest({ policy }));
      for (const { status } of await answers) statuses.add(status);
    }
    expect([...statuses]).toEqual([200]);
  });
});

test('many calls may wait at once', async () => {
  const held: ServerResponse[] = [];
  const met = new Set<string | undefined>();
  const { proxy, seen } = await startRetried([
    ({ url }, response) => {
      if (!met.has(url)) {
        met.add(url);
        response.writeHead(503).end();
        return;
      }
      held.push(response);
      if (held.length === 30) for (const one of held) one.end('all');
    },
  ]);
  const numbers = Array.from({ length: 30 }, (_, number) => number);
  const answers = await Promise.all(numbers.map((number) => ask(proxy.port, { path: `${upPath}?${number}` })));
  expect(answers.every(({ status, body }) => status === 200 && body === 'all')).toBe(true);
  expect(seen).toHaveLength(60);
});

/** How a proxy keeps its connection to the operator: silence, ends, drains, and tables that come in pieces or broken. */
import { describe, expect, test } from 'vitest';
import { encodeEndpoint } from '#shared/table/endpoint-codec.ts';
import { maxMessageLength } from '#shared/push/push-message.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { startControlPlaneTables, type StartedTables } from '../../support/start-control-plane-tables.ts';
import { messagesOf, startTestOperator, syncedOf, type TestOperator } from '../../support/start-test-operator.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { tableOf } from '../../support/table-of.ts';

const one = tableOf(httpEndpoint('far', 'http://far.example'));
const two = tableOf(httpEndpoint('far', 'http://far.example/new'), httpEndpoint('near', 'http://near.example'));
const ping = { type: 'PING' };

/** With the first table in use. */
async function startWithTable(): Promise<StartedTables & { readonly operator: TestOperator }> {
  const operator = await startTestOperator();
  const started = await startControlPlaneTables(operator);
  await waitUntil(() => operator.streams.length === 1);
  operator.streams[0]?.send(...messagesOf(one));
  await waitUntil(() => operator.acknowledgements.length === 1);
  return { ...started, operator };
}

/** Time passes until it has connected as many times. */
async function connectAgain(started: StartedTables, operator: TestOperator, times = 2): Promise<void> {
  await waitUntil(() => {
    started.clock.advance(100);
    return operator.streams.length === times;
  });
}

/** Resolves when what was sent before has been read. */
async function turn(): Promise<void> {
  for (let count = 0; count < 20; count++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a stream', () => {
  test('is left when nothing was heard for 45 seconds, and what is held is said to the next', async () => {
    const started = await startWithTable();
    const { operator, clock, reasons, applied, tables } = started;
    clock.advance(44_000);
    operator.streams[0]?.send(ping);
    await waitUntil(() => tables.link.silentForMs === 0);
    clock.advance(44_000);
    await turn();
    expect(operator.streams[0]?.isClosed).toBe(false);
    clock.advance(1000);
    await waitUntil(() => reasons().length === 1);
    expect(reasons()).toEqual(['nothing was heard from it for too long']);
    expect(tables.link).toMatchObject({ isConnected: false, connections: 1, failures: 1 });
    await connectAgain(started, operator);
    const revisionsByName = { far: one.endpointsByName.get('far')?.revision };
    expect(operator.streams[1]?.hello).toEqual({ revision: one.revision, revisionsByName, version: 'test' });
    operator.streams[1]?.send(syncedOf(one));
    await waitUntil(() => operator.acknowledgements.length === 2);
    expect(applied).toEqual([one]);
  });

  test('that ends, or breaks, is opened anew; half a line at its end counts for nothing', async () => {
    const started = await startWithTable();
    const { operator, reasons, applied } = started;
    const [first] = operator.streams;
    first?.write(JSON.stringify(messagesOf(two)[0]).slice(0, -5));
    first?.end();
    await connectAgain(started, operator);
    operator.streams[1]?.cut();
    await connectAgain(started, operator, 3);
    operator.streams[2]?.send(...messagesOf(two));
    await waitUntil(() => applied.length === 2);
    expect(applied[1]).toEqual(two);
    expect(reasons()[0]).toBe('it ended the stream');
    expect(reasons()[1]).toContain('ECONNRESET');
  });

  test('takes what later versions say without a word', async () => {
    const { operator, applied, lines } = await startWithTable();
    operator.streams[0]?.send({ type: 'NEWS', about: 'something' }, ...messagesOf(two));
    await waitUntil(() => applied.length === 2);
    expect(lines.filter(({ level }) => level !== 'info')).toEqual([]);
  });

  test('carries a table in whatever pieces it comes', async () => {
    const { operator, applied } = await startWithTable();
    const text = messagesOf(two)
      .map((message) => `${JSON.stringify(message)}\n`)
      .join('');
    for (let at = 0; at < text.length; at += 7) operator.streams[0]?.write(text.slice(at, at + 7));
    await waitUntil(() => applied.length === 2);
    expect(applied[1]).toEqual(two);
  });
});

describe('the time until the next connection', () => {
  test('grows while streams end soon, and is short again after a good minute', async () => {
    const { operator, clock, lines } = await startWithTable();
    const delays = (): readonly unknown[] =>
      lines.filter(({ message }) => message.startsWith('no connection')).map(({ fields }) => fields['retryInMs']);
    for (let count = 1; count <= 4; count++) {
      operator.streams.at(-1)?.end();
      await waitUntil(() => delays().length === count);
      clock.advance(15_000);
      await waitUntil(() => operator.streams.length === count + 1);
    }
    expect(delays()).toEqual([500, 1000, 2000, 4000]);
    for (let quarter = 0; quarter < 4; quarter++) {
      operator.streams.at(-1)?.send(ping);
      await turn();
      clock.advance(15_000);
    }
    operator.streams.at(-1)?.end();
    await waitUntil(() => delays().length === 5);
    expect(delays().at(-1)).toBe(500);
  });
});

describe('DRAIN', () => {
  test('is followed when the time has come, and not before; tables count until then', async () => {
    const started = await startWithTable();
    const { operator, clock, applied, reasons } = started;
    clock.advance(10_000);
    operator.streams[0]?.send({ type: 'DRAIN', reconnectAfterMs: 7000 }, ...messagesOf(two));
    await waitUntil(() => applied.length === 2);
    clock.advance(6999);
    await turn();
    expect(operator.streams).toHaveLength(1);
    clock.advance(1);
    await waitUntil(() => operator.streams.length === 2);
    expect(operator.streams[1]?.hello.revision).toBe(two.revision);
    await waitUntil(() => operator.streams[0]?.isClosed === true);
    expect(reasons()).toEqual([]);
  });

  test('does not make a proxy run in circles', async () => {
    const operator = await startTestOperator();
    operator.onStream = (stream) => stream.send(...messagesOf(one), { type: 'DRAIN', reconnectAfterMs: 0 });
    const { clock } = await startControlPlaneTables(operator);
    await waitUntil(() => operator.acknowledgements.length === 1);
    clock.advance(0);
    await waitUntil(() => operator.streams[0]?.isClosed === true);
    await turn();
    expect(operator.streams).toHaveLength(1);
  });
});

describe('of several addresses', () => {
  test('one is taken at random, and after a failure another', async () => {
    const operator = await startTestOperator();
    const addresses = ['127.0.0.1', '127.0.0.2', '127.0.0.3'];
    const { clock, lines } = await startControlPlaneTables({ ...operator, addresses, random: () => 0.99 });
    const failures = (): readonly unknown[] =>
      lines.filter(({ message }) => message.startsWith('no connection')).map(({ fields }) => fields['address']);
    await waitUntil(() => {
      clock.advance(100);
      return operator.streams.length === 1;
    });
    expect(failures()).toEqual(['127.0.0.3', '127.0.0.2']);
  });
});

describe('a table that cannot be used', () => {
  const broken = { type: 'UPSERT', endpoint: { ...(encodeEndpoint(onlyOf()) as object), headers: 'the-secret' } };

  test('is refused with its reasons; the one before stays, and the stream goes on', async () => {
    const { operator, applied, lines, tables } = await startWithTable();
    const [stream] = operator.streams;
    stream?.send(broken, { ...syncedOf(two), revision: 'bad' });
    await waitUntil(() => operator.acknowledgements.length === 2);
    expect(operator.acknowledgements[1]).toMatchObject({
      stream: stream?.id,
      revision: 'bad',
      state: 'refused',
      reasons: [{ endpoint: 'far', message: expect.stringContaining('headers') as string }],
    });
    expect(tables.link.refusedTables).toBe(1);
    stream?.send({ ...syncedOf(two), revision: 'still bad' });
    await waitUntil(() => operator.acknowledgements.length === 3);
    expect(applied).toEqual([one]);
    stream?.send(...messagesOf(two));
    await waitUntil(() => operator.acknowledgements.length === 4);
    expect(applied.map(({ revision }) => revision)).toEqual([one.revision, two.revision]);
    expect(operator.streams).toHaveLength(1);
    const said = lines.filter(({ level }) => level === 'error');
    expect(said.map(({ message, fields }) => [message, fields['revision'], fields['revisionInUse']])).toEqual([
      ['an endpoint table cannot be used, the one before stays', 'bad', one.revision],
    ]);
    expect(JSON.stringify([lines, operator.acknowledgements])).not.toContain('the-secret');
  });

  test.each([
    ['a line that is no JSON', 'the-secret\n', 'a message is not JSON'],
    ['a line without a type', '{"name":"the-secret"}\n', 'a message has no type'],
    ['a message that is not as it should be', '{"type":"DELETE","name":["the-secret"]}\n', 'a message DELETE is not'],
    ['a line without end', `{"the-secret":"${'x'.repeat(maxMessageLength)}"}\n`, 'a message is longer than'],
  ])('because of %s begins again on a new stream, later', async (_what, text, reason) => {
    const started = await startWithTable();
    const { operator, applied, lines } = started;
    operator.streams[0]?.write(text);
    operator.streams[0]?.send(...messagesOf(two));
    await waitUntil(() => operator.acknowledgements.length === 2);
    expect(operator.acknowledgements[1]).toMatchObject({
      revision: two.revision,
      state: 'refused',
      reasons: [{ endpoint: '', message: expect.stringContaining(reason) as string }],
    });
    await connectAgain(started, operator);
    expect(operator.streams[1]?.hello.revision).toBe(one.revision);
    operator.streams[1]?.send(...messagesOf(two));
    await waitUntil(() => applied.length === 2);
    expect(JSON.stringify([lines, operator.acknowledgements])).not.toContain('the-secret');
  });

  test('because this proxy fails at it is refused, and the next one is tried', async () => {
    const operator = await startTestOperator();
    operator.onStream = (stream) => stream.send(...messagesOf(one));
    let isFailing = true;
    const { applied } = await startControlPlaneTables({
      ...operator,
      apply: () => {
        if (isFailing) throw new Error('a bug');
        return null;
      },
    });
    await waitUntil(() => operator.acknowledgements.length === 1);
    expect(operator.acknowledgements[0]).toMatchObject({
      state: 'refused',
      reasons: [{ endpoint: '', message: 'this proxy failed to put the table into use' }],
    });
    isFailing = false;
    operator.streams[0]?.send(syncedOf(one));
    await waitUntil(() => operator.acknowledgements.length === 2);
    expect(applied).toEqual([one]);
  });

  test('that is on its way into force is acknowledged when it is there, refused when it fails, and in order', async () => {
    const operator = await startTestOperator();
    const switches: PromiseWithResolvers<boolean>[] = [];
    const started = await startControlPlaneTables({
      ...operator,
      apply: () => {
        const switching = Promise.withResolvers<boolean>();
        switches.push(switching);
        return switching.promise;
      },
    });
    await waitUntil(() => operator.streams.length === 1);
    const [stream] = operator.streams;
    stream?.send(...messagesOf(one), broken, { ...syncedOf(two), revision: 'bad' });
    await waitUntil(() => started.tables.link.refusedTables === 1);
    expect(operator.acknowledgements).toEqual([]);
    switches[0]?.resolve(true);
    await waitUntil(() => operator.acknowledgements.at(-1)?.revision === 'bad');

    stream?.send(...messagesOf(two));
    await waitUntil(() => switches.length === 2);
    switches[1]?.resolve(false);
    await waitUntil(() => operator.acknowledgements.at(-1)?.revision === two.revision);
    expect(operator.acknowledgements.at(-1)).toMatchObject({
      state: 'refused',
      reasons: [{ endpoint: '', message: 'this proxy failed to put the table into use' }],
    });
  });

  function onlyOf(): Parameters<typeof encodeEndpoint>[0] {
    const endpoint = one.endpointsByName.get('far');
    if (endpoint === undefined) throw new Error('no endpoint');
    return endpoint;
  }
});

test('acknowledgements go over the connection of their stream: there is no other', async () => {
  const { operator, applied } = await startWithTable();
  for (const [index, table] of [two, one, two, one].entries()) {
    operator.streams[0]?.send(...messagesOf(table));
    await waitUntil(() => operator.acknowledgements.length === index + 2);
  }
  expect(applied).toHaveLength(5);
  expect(operator.acknowledgements.every(({ stream }) => stream === 'stream-0')).toBe(true);
  expect([operator.requests(), operator.connections()]).toEqual([1, 1]);
});

test('the end of the proxy ends its stream', async () => {
  const { operator, stop } = await startWithTable();
  stop();
  await waitUntil(() => operator.streams[0]?.isClosed === true);
  expect(operator.streams).toHaveLength(1);
});

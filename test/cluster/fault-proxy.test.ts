/** The fault proxy itself: what a client of it sees of each fault. */
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { waitUntil } from '../support/start-test-proxy.ts';
import type { LineFault } from './support/faults.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { type FaultProxy, startFaultProxy } from './support/start-fault-proxy.ts';

const shared = sharedControlPlane();

interface Site {
  readonly proxy: FaultProxy;
  readonly namespace: string;
  /** Requests through the proxy as a ServiceAccount that may read ConfigMaps and ServiceAccounts. */
  readonly ask: (path: string) => Promise<IncomingMessage>;
  readonly createConfigMap: (name: string) => Promise<unknown>;
}

async function site(): Promise<Site> {
  const namespace = await shared.createNamespace();
  const rbac = `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}`;
  await shared.mustRequest({
    path: `${rbac}/roles`,
    body: {
      metadata: { name: 'reader' },
      rules: [{ apiGroups: [''], resources: ['configmaps', 'serviceaccounts'], verbs: ['get', 'list', 'watch'] }],
    },
  });
  await shared.mustRequest({
    path: `${rbac}/rolebindings`,
    body: {
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
      subjects: [{ kind: 'ServiceAccount', namespace, name: 'default' }],
    },
  });
  const token = await shared.tokenFor({ namespace, serviceAccount: 'default' });
  const proxy = await startFaultProxy({ target: shared.access });
  const agent = new Agent({ ca: proxy.caPem });
  onTestFinished(() => proxy.close());
  return {
    proxy,
    namespace,
    async ask(path) {
      const sending = httpsRequest(new URL(`/api/v1/namespaces/${namespace}${path}`, proxy.server), {
        agent,
        headers: { authorization: `Bearer ${token}` },
      }).end();
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      // A reset after the head is told twice: to the answer, which tests look at, and to the request.
      sending.on('error', () => undefined);
      return answer;
    },
    createConfigMap: (name) =>
      shared.mustRequest({ path: `/api/v1/namespaces/${namespace}/configmaps`, body: { metadata: { name } } }),
  };
}

interface Watched {
  readonly lines: string[];
  rest: string;
  ending: 'open' | 'ended' | 'broken';
}

/** Collects the lines of a watch, and how it ended. */
function follow(answer: IncomingMessage): Watched {
  const watched: Watched = { lines: [], rest: '', ending: 'open' };
  answer.setEncoding('utf8').on('data', (piece: string) => {
    const lines = (watched.rest + piece).split('\n');
    watched.rest = lines.pop() ?? '';
    watched.lines.push(...lines);
  });
  answer.on('end', () => (watched.ending = 'ended'));
  answer.on('error', () => (watched.ending = 'broken'));
  return watched;
}

function nameIn(line: string | undefined): unknown {
  const event = JSON.parse(line ?? 'null') as { readonly object: { readonly metadata: { readonly name?: string } } };
  return event.object.metadata.name;
}

describe('a fault proxy without faults', () => {
  test('passes requests and watches on, under the identity of the client', async () => {
    const { proxy, ask, createConfigMap, namespace } = await site();
    const watched = follow(await ask('/configmaps?watch=1'));
    await createConfigMap('first');
    await waitUntil(() => watched.lines.length === 1);
    expect(nameIn(watched.lines[0])).toBe('first');
    expect((await ask('/configmaps')).statusCode).toBe(200);
    expect((await ask('/configmaps/first')).statusCode).toBe(200);
    expect((await ask('/serviceaccounts/default/none')).statusCode).not.toBe(200);
    expect(proxy.openWatches()).toEqual([
      { kind: 'watch', path: `/api/v1/namespaces/${namespace}/configmaps?watch=1` },
    ]);
    expect([proxy.requestsOf('watch'), proxy.requestsOf('list'), proxy.requestsOf('get')]).toEqual([1, 1, 2]);
  });
});

describe('faults of requests', () => {
  test('a reset', async () => {
    const { proxy, ask } = await site();
    const fault = proxy.inject({ kind: 'reset' }, { times: 1 });
    await expect(ask('/configmaps')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await ask('/configmaps')).statusCode).toBe(200);
    expect(fault.done).toBe(1);
    expect(proxy.doneOf('reset')).toBe(1);
  });

  test('429 with Retry-After, to lists only', async () => {
    const { proxy, ask } = await site();
    proxy.inject({ kind: 'status', status: 429, retryAfterSeconds: 7 }, { on: ['list'] });
    const refused = await ask('/configmaps');
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '7']);
    expect((await ask('/serviceaccounts/default')).statusCode).toBe(200);
    proxy.clear();
    expect((await ask('/configmaps')).statusCode).toBe(200);
  });

  test('410 to a watch of one kind', async () => {
    const { proxy, ask } = await site();
    proxy.inject({ kind: 'status', status: 410 }, { on: ['watch'], path: /\/configmaps/ });
    expect((await ask('/configmaps?watch=true')).statusCode).toBe(410);
    expect((await ask('/serviceaccounts?watch=true')).statusCode).toBe(200);
  });

  test('half an answer, then a reset', async () => {
    const { proxy, ask } = await site();
    proxy.inject({ kind: 'half-answer' });
    const answer = await ask('/configmaps');
    let received = '';
    answer.setEncoding('utf8').on('data', (piece: string) => (received += piece));
    await expect(once(answer, 'end')).rejects.toThrow('aborted');
    expect(received).toMatch(/^\{"kind":"ConfigMapList"/);
    expect(() => JSON.parse(received) as unknown).toThrow(SyntaxError);
  });

  test('silence, until the connection is reset', async () => {
    const { proxy, ask } = await site();
    proxy.inject({ kind: 'silence' });
    const asking = ask('/configmaps').catch((error: NodeJS.ErrnoException) => error.code);
    await waitUntil(() => proxy.doneOf('silence') === 1);
    proxy.resetAll();
    expect(await asking).toBe('ECONNRESET');
  });

  test('latency changes nothing else', async () => {
    const { proxy, ask } = await site();
    proxy.inject({ kind: 'latency', ms: 1 });
    const answer = await ask('/configmaps');
    expect(JSON.parse(await text(answer))).toMatchObject({ kind: 'ConfigMapList' });
    expect(proxy.doneOf('latency')).toBe(1);
  });

  test('by chance', async () => {
    const draws = [0.9, 0.1];
    const proxy = await startFaultProxy({ target: shared.access, random: () => draws.shift() ?? 1 });
    onTestFinished(() => proxy.close());
    proxy.inject({ kind: 'status', status: 503 }, { chance: 0.5 });
    const agent = new Agent({ ca: proxy.caPem });
    const statuses: (number | undefined)[] = [];
    for (let count = 0; count < 2; count += 1) {
      const sending = httpsRequest(`${proxy.server}/version`, { agent }).end();
      const [answer] = (await once(sending, 'response')) as [IncomingMessage];
      statuses.push(answer.statusCode);
    }
    expect(statuses).toEqual([200, 503]);
  });
});

describe('faults of watches', () => {
  const cases: readonly (readonly [
    LineFault,
    Pick<Watched, 'ending'> & { readonly rest: RegExp; readonly lines: number },
  ])[] = [
    [{ kind: 'line-reset' }, { ending: 'broken', lines: 1, rest: /^$/ }],
    [{ kind: 'line-end' }, { ending: 'ended', lines: 1, rest: /^$/ }],
    [{ kind: 'half-line' }, { ending: 'broken', lines: 1, rest: /^\{"type":"ADDED"/ }],
    [{ kind: 'half-line-end' }, { ending: 'ended', lines: 1, rest: /^\{"type":"ADDED"/ }],
    [
      { kind: 'error-line', code: 410 },
      { ending: 'ended', lines: 2, rest: /^$/ },
    ],
  ];

  test.each(cases)('%o in place of the second line', async (fault, expected) => {
    const { proxy, ask, createConfigMap } = await site();
    const watched = follow(await ask('/configmaps?watch=1'));
    await createConfigMap('first');
    await waitUntil(() => watched.lines.length === 1);
    proxy.inject(fault, { times: 1 });
    await createConfigMap('second');
    await waitUntil(() => watched.ending !== 'open');
    expect(nameIn(watched.lines[0])).toBe('first');
    expect(watched.ending).toBe(expected.ending);
    expect(watched.lines).toHaveLength(expected.lines);
    expect(watched.rest).toMatch(expected.rest);
    await waitUntil(() => proxy.openWatches().length === 0);
  });

  test('an ERROR line carries its code', async () => {
    const { proxy, ask } = await site();
    const watched = follow(await ask('/configmaps?watch=1'));
    expect(proxy.strike({ kind: 'error-line', code: 410 })).toBe(1);
    await waitUntil(() => watched.ending === 'ended');
    expect(JSON.parse(watched.lines[0] ?? '')).toMatchObject({
      type: 'ERROR',
      object: { code: 410, reason: 'Expired' },
    });
  });

  test('an unparsable line, and the stream goes on', async () => {
    const { proxy, ask, createConfigMap } = await site();
    const watched = follow(await ask('/configmaps?watch=1'));
    proxy.inject({ kind: 'unparsable-line' }, { times: 1 });
    await createConfigMap('first');
    await createConfigMap('second');
    await waitUntil(() => watched.lines.length === 2);
    expect(() => nameIn(watched.lines[0])).toThrow(SyntaxError);
    expect(nameIn(watched.lines[1])).toBe('second');
  });

  test('silence on one watch only', async () => {
    const { proxy, ask, createConfigMap } = await site();
    const silenced = follow(await ask('/configmaps?watch=1'));
    expect(proxy.strike({ kind: 'line-silence' })).toBe(1);
    const other = follow(await ask('/configmaps?watch=1'));
    await createConfigMap('first');
    await waitUntil(() => other.lines.length === 1);
    expect(silenced).toEqual({ lines: [], rest: '', ending: 'open' });
  });
});

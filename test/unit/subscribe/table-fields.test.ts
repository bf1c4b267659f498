/** The log line of a table that is applied names what is new in it. */
import { expect, test } from 'vitest';
import { defaultOptions } from '#shared/compile/default-options.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import type { RefusedMiddleware } from '#shared/table/middleware.ts';
import { noPolicies, type Resilience } from '#shared/table/resilience.ts';
import { tableFields } from '../../../proxy/subscribe/table-fields.ts';

function table(options: Partial<EndpointTable> = {}): EndpointTable {
  return { revision: 'r', endpointsByName: new Map(), ...defaultOptions, ...options };
}

function middleware(name: string, revision = '1'): RefusedMiddleware {
  return { state: 'refused', name, type: 'middleware.http.opa', revision, reason: '', message: '' };
}

function resilience(timeoutMs: number, names: readonly string[] = ['github']): Resilience {
  const timeout = { name: 't', resource: 'github', timeoutMs };
  return {
    resources: names.map((name) => ({ name, namespace: 'default' })),
    targets: [],
    defaults: { ...noPolicies, timeout },
  };
}

const plain = { revision: 'r', ready: 0, refused: 0 };

test('a change of Resiliency is said with the names of those that hold now', () => {
  const fields = (former: Resilience, now: Resilience): unknown =>
    tableFields(table({ resilience: former }), table({ resilience: now }));
  expect(fields(resilience(1), resilience(1))).toEqual(plain);
  expect(fields(resilience(1), resilience(2))).toEqual({ ...plain, resiliency: 'github' });
  expect(fields(resilience(1), resilience(1, ['a', 'github']))).toEqual({ ...plain, resiliency: 'a, github' });
  expect(fields(resilience(1), defaultOptions.resilience)).toEqual({ ...plain, resiliency: 'none' });
  const many = Array.from({ length: 21 }, (_, index) => `r${index}`);
  expect(fields(resilience(1), resilience(1, many))).toEqual({ ...plain, resiliency: 21 });
});

test('a change of a pipeline is said with the names of its middleware', () => {
  const former = table({ pipelines: { http: [middleware('limit')], app: [middleware('token')] } });
  expect(tableFields(former, table({ pipelines: former.pipelines }))).toEqual(plain);
  const pipelines = { http: [middleware('limit', '2'), middleware('opa')], app: [] };
  expect(tableFields(former, table({ pipelines }))).toEqual({
    ...plain,
    httpPipeline: 'limit, opa',
    appHttpPipeline: 'none',
  });
});

test('a first table says what it has', () => {
  expect(tableFields(null, table())).toEqual(plain);
  const pipelines = { http: [middleware('limit')], app: [] };
  expect(tableFields(null, table({ resilience: resilience(1), pipelines }))).toEqual({
    ...plain,
    resiliency: 'github',
    httpPipeline: 'limit',
  });
});

/** What of a target's live state outlives a table, what begins anew, and who shares it. */
import { expect, test, vi } from 'vitest';
import { ProxyError } from '#shared/errors/proxy-error.ts';
import {
  cb,
  resilienceFrom,
  setResilienceStage,
  t2,
  twice,
  type ResilienceStage,
} from '../../support/resilience-stage.ts';
import { tableWith } from '../../support/telemetry-records.ts';

function open(stage: ResilienceStage, ...call: Parameters<ResilienceStage['admit']>): void {
  stage.admit(...call).failed();
  expect(stage.call(...call)?.breaker?.state).toBe('open');
}

test('a call that no policy holds for takes the short way', async () => {
  const stage = setResilienceStage();
  expect(stage.call('endpoint', 'github')).toBeNull();
  await stage.apply({ other: { timeout: t2 }, nothing: {} });
  expect(stage.call('endpoint', 'github')).toBeNull();
  expect(stage.call('endpoint', 'nothing')).toBeNull();
  await stage.apply({});
  expect(stage.call('endpoint', 'other')).toBeNull();
});

test('breakers are loaded with the first table that has one, which cannot be used before', async () => {
  const stage = setResilienceStage();
  const withoutBreaker = tableWith({ resilience: resilienceFrom({ github: { timeout: t2, retry: twice } }) });
  expect(stage.book.load(withoutBreaker)).toBeNull();
  stage.book.apply(withoutBreaker);
  expect(stage.call('endpoint', 'github')).toMatchObject({ breaker: null, policies: { timeout: t2, retry: twice } });
  const withBreaker = tableWith({ resilience: resilienceFrom({ default: { breaker: cb } }) });
  stage.book.apply(withBreaker);
  expect(() => stage.call('endpoint', 'github')).toThrow('circuit breakers are not loaded');
  await stage.book.load(withBreaker);
  expect(stage.book.load(withBreaker)).toBeNull();
  expect(stage.call('endpoint', 'github')?.breaker?.state).toBe('closed');
});

test('an endpoint has one breaker and one budget, whatever it is called by, and shares it with nobody', async () => {
  const stage = setResilienceStage();
  await stage.apply({ default: { breaker: cb, retry: twice } }, { github: 'https://a', gitlab: 'https://a' });
  const first = stage.call('endpoint', 'github');
  expect(stage.call('endpoint', 'github', 'github.prod')).toBe(first);
  open(stage, 'endpoint', 'github');
  expect(stage.call('endpoint', 'gitlab')?.breaker?.state).toBe('closed');
  expect(stage.call('app', 'github')?.breaker?.state).toBe('closed');
  expect(stage.call('url', 'https://a', 'https://a/x')?.breaker?.state).toBe('closed');
});

test('the URLs of an origin share a breaker, except one with an entry and a breaker of its own', async () => {
  const stage = setResilienceStage();
  const strict = { ...cb, name: 'strict', timeoutMs: 5 };
  await stage.apply({ 'https://a/own': { breaker: strict }, 'https://a': { breaker: cb }, '*.b.com': { breaker: cb } });
  open(stage, 'url', 'https://a', 'https://a/one');
  expect(stage.call('url', 'https://a', 'https://a/two?q=1')?.breaker?.state).toBe('open');
  expect(stage.call('url', 'https://a', 'https://a/own')?.breaker?.state).toBe('closed');
  open(stage, 'url', 'https://x.b.com', 'https://x.b.com/');
  expect(stage.call('url', 'https://y.b.com', 'https://y.b.com/')?.breaker?.state).toBe('closed');
});

test('an app has one breaker, with and without its namespace', async () => {
  const stage = setResilienceStage();
  await stage.apply({ orders: { breaker: cb } });
  open(stage, 'app', 'orders', 'orders');
  expect(stage.call('app', 'orders', 'orders.prod')?.breaker?.state).toBe('open');
});

test.each<[string, Parameters<ResilienceStage['apply']>]>([
  ['nothing', [{ github: { breaker: cb } }]],
  ['an equal policy of another table', [{ github: { breaker: { ...cb } } }]],
  ['other policies of the target', [{ github: { breaker: cb, timeout: t2, retry: twice } }]],
  [
    'other targets and endpoints',
    [
      { github: { breaker: cb }, other: { breaker: { ...cb, maxRequests: 2 } } },
      { github: 'https://api.github.com', more: 'https://b' },
    ],
  ],
  ['the entry that brings the same policy', [{ default: { breaker: cb } }]],
])('an open breaker stays open over a table that changes %s', async (_what, table) => {
  const stage = setResilienceStage();
  await stage.apply({ github: { breaker: cb } });
  open(stage, 'endpoint', 'github');
  vi.advanceTimersByTime(4_000);
  await stage.apply(...table);
  stage.renewRoutes();
  expect(stage.call('endpoint', 'github')?.breaker).toMatchObject({ state: 'open', openForMs: 6_000 });
  vi.advanceTimersByTime(6_000);
  expect(stage.call('endpoint', 'github')?.breaker?.state).toBe('half-open');
});

test.each<[string, Parameters<ResilienceStage['apply']>]>([
  ['a number of the policy', [{ github: { breaker: { ...cb, maxRequests: 2 } } }]],
  ['its rule', [{ github: { breaker: { ...cb, trip: 'totalFailures > 0' } } }]],
  ['its name', [{ github: { breaker: { ...cb, name: 'other' } } }]],
  ['where the endpoint is', [{ github: { breaker: cb } }, { github: 'https://elsewhere' }]],
])(
  'a breaker begins closed after a table that changes %s, and the one before leaves no timer',
  async (_what, table) => {
    const stage = setResilienceStage();
    await stage.apply({ github: { breaker: cb } });
    open(stage, 'endpoint', 'github');
    expect(vi.getTimerCount()).toBe(1);
    await stage.apply(...table);
    expect(vi.getTimerCount()).toBe(0);
    expect(stage.call('endpoint', 'github')?.breaker?.state).toBe('closed');
    expect(stage.book.breakers()).toHaveLength(1);
  },
);

test('a policy that goes and comes back begins closed, also for URLs, while another target keeps it', async () => {
  const stage = setResilienceStage();
  const before = { 'https://a': { breaker: cb }, 'https://b': { breaker: cb }, 'https://b/own': { breaker: cb } };
  await stage.apply(before);
  open(stage, 'url', 'https://a', 'https://a/');
  open(stage, 'url', 'https://b', 'https://b/own');
  await stage.apply({ 'https://b': { timeout: t2 }, 'https://b/own': { breaker: cb } });
  await stage.apply(before);
  expect(stage.call('url', 'https://a', 'https://a/')?.breaker?.state).toBe('closed');
  expect(stage.call('url', 'https://b', 'https://b/')?.breaker?.state).toBe('open');
});

test('a call under way ends on the breaker it began with', async () => {
  const stage = setResilienceStage();
  await stage.apply({ github: { breaker: cb } });
  const former = stage.call('endpoint', 'github')?.breaker;
  const admission = former?.admit();
  await stage.apply({ github: { breaker: { ...cb, maxRequests: 2 } } });
  admission?.failed();
  expect(former?.state).toBe('open');
  expect(() => former?.admit()).toThrow(ProxyError);
  expect(vi.getTimerCount()).toBe(0);
  expect(stage.call('endpoint', 'github')?.breaker?.state).toBe('closed');
  expect(stage.lines.filter(({ message }) => message.startsWith('circuit breaker'))).toEqual([]);
});

test('a call that a table overtook leaves nothing behind for an endpoint that is gone', async () => {
  const stage = setResilienceStage();
  await stage.apply({ default: { breaker: cb } }, {});
  open(stage, 'endpoint', 'github');
  await stage.apply({ default: { breaker: cb } }, {});
  expect(stage.book.breakers()).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test('of URL origins the 256 called last are known, and one that is forgotten begins closed', async () => {
  const stage = setResilienceStage();
  await stage.apply({ default: { breaker: cb } });
  open(stage, 'endpoint', 'github');
  for (const origin of ['https://often', 'https://once']) open(stage, 'url', origin);
  for (let index = 0; index < 256; index += 1) {
    open(stage, 'url', `https://host-${index}`);
    stage.call('url', 'https://often');
  }
  expect(stage.book.breakers()).toHaveLength(257);
  expect(vi.getTimerCount(), 'a forgotten breaker leaves no timer').toBe(257);
  expect(stage.call('url', 'https://often')?.breaker?.state).toBe('open');
  expect(stage.call('url', 'https://once')?.breaker?.state).toBe('closed');
  expect(stage.call('endpoint', 'github')?.breaker?.state).toBe('open');
});

test('a rule that this version cannot read gives way to the default one, and the log says so', async () => {
  const stage = setResilienceStage();
  await stage.apply({ github: { breaker: { ...cb, trip: 'errorShare > 0.5' } } });
  for (let failures = 1; failures <= 5; failures += 1) stage.admit('endpoint', 'github').failed();
  expect(stage.call('endpoint', 'github')?.breaker?.state).toBe('closed');
  open(stage, 'endpoint', 'github');
  expect(stage.lines[0]).toMatchObject({ level: 'warn', fields: { resiliency: 'r', policy: 'cb' } });
});

test('a change of state is logged with target, policy and both states', async () => {
  const stage = setResilienceStage();
  await stage.apply({ github: { breaker: cb } });
  open(stage, 'endpoint', 'github');
  vi.advanceTimersByTime(10_000);
  stage.admit('endpoint', 'github').succeeded();
  const common = { kind: 'endpoint', target: 'github', resiliency: 'r', policy: 'cb' };
  const message = 'circuit breaker changed its state';
  expect(stage.lines).toEqual([
    { level: 'info', message, fields: { ...common, from: 'closed', to: 'open' } },
    { level: 'info', message, fields: { ...common, from: 'open', to: 'half-open' } },
    { level: 'info', message, fields: { ...common, from: 'half-open', to: 'closed' } },
  ]);
});

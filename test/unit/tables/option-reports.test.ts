import { describe, expect, test } from 'vitest';
import { KnownMiddleware } from '#shared/compile/known-middleware.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import { configurationReport } from '../../../operator/tables/configuration-report.ts';
import { MiddlewareBook } from '../../../operator/tables/middleware-book.ts';
import { ClusterBook } from '../../support/cluster-book.ts';
import { ClusterFeed, type FeedObject } from '../../support/cluster-feed.ts';
import { configurationObject } from '../../support/cluster-objects.ts';

function resiliency(
  name: string,
  { scopes = [], ...spec }: { scopes?: readonly string[]; [part: string]: unknown },
): FeedObject {
  return {
    kind: 'Resiliency',
    metadata: { name, namespace: 'shop' },
    scopes,
    spec: { policies: {}, targets: {}, ...spec },
  };
}

const target = { targets: { apps: { far: { timeout: 'short' } } } };
const policy = { policies: { timeouts: { short: '1s' } } };
const unknown = 'spec.targets.apps.far.timeout has no effect: the timeout "short" does not exist';

function messages(book: ClusterBook, name: string): readonly string[] {
  book.tables.flush();
  return book.tables.optionReportFor('Resiliency', `shop/${name}`)?.findings.map(({ message }) => message) ?? [];
}

describe('what is wrong with a Resiliency for some apps only', () => {
  test.each([
    { has: ['a'], needs: ['a', 'b'], whom: 'for app b' },
    { has: ['a'], needs: [], whom: 'for apps that no scopes name' },
    { has: ['z'], needs: ['a', 'b', 'c', 'd', 'e', 'z'], whom: 'for apps a, b, c and 2 more' },
  ])('is said with them: $whom', ({ has, needs, whom }) => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('has', { ...policy, scopes: has }));
    book.feed.apply(resiliency('needs', { ...target, scopes: needs }));
    expect(messages(book, 'needs')).toEqual([`${unknown} (${whom})`]);
  });

  test('is said without them when it is wrong for all that it is for', () => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('has', { ...policy, scopes: ['z'] }));
    book.feed.apply(resiliency('needs', { ...target, scopes: ['a', 'b'] }));
    expect(messages(book, 'needs')).toEqual([unknown]);
  });

  test('is looked for among a bounded number of apps', () => {
    const book = new ClusterBook();
    const many = Array.from({ length: 5_000 }, (_, index) => `app-${index}`);
    for (const app of many) book.feed.apply(resiliency(app, { ...target, scopes: [app] }));
    expect(messages(book, 'app-0')).toEqual([unknown]);
    book.feed.apply(resiliency('last', { policies: { timeouts: { t: 'soon' } }, scopes: ['zebra'] }));
    expect(messages(book, 'last')).toEqual([expect.stringContaining('spec.policies.timeouts.t is left out')]);
  });

  test('is over, and so is the report, when the object is gone', () => {
    const book = new ClusterBook();
    book.feed.apply(resiliency('needs', target));
    expect(messages(book, 'needs')).toEqual([unknown]);
    expect([...book.tables.optionProblemCounts('Resiliency').values()]).toEqual([1]);
    book.feed.delete(resiliency('needs', {}));
    expect(messages(book, 'needs')).toEqual([]);
    expect(book.tables.optionReportFor('Resiliency', 'shop/needs')).toBeNull();
    expect([...book.tables.optionProblemCounts('Resiliency').values()]).toEqual([]);
  });
});

test('listeners are told of reports that changed, once a round, and a mistake is logged once', () => {
  const book = new ClusterBook();
  const told: (readonly string[])[] = [];
  book.tables.onOptionReports('Resiliency', (keys) => told.push([...keys]));
  book.feed.apply(resiliency('needs', target));
  book.tables.flush();
  book.feed.apply(configurationObject('other', {}));
  book.tables.flush();
  expect(told).toEqual([['shop/needs']]);
  expect(book.lines.filter(({ message }) => message === 'a resource cannot be used as it stands')).toHaveLength(1);
});

describe('a Configuration', () => {
  function report(spec: object): ReturnType<typeof configurationReport> {
    const location = 'Configuration shop/c';
    const parsed = parseConfiguration([{ document: configurationObject('c', spec), location }]);
    const book = new MiddlewareBook({ feed: new ClusterFeed('key'), known: new KnownMiddleware('key') });
    return configurationReport('shop', { name: 'c', uid: 'u', generation: 3, parsed }, book);
  }

  test('in which nothing can go wrong is not spoken of', () => {
    expect(report({ logging: { apiLogging: { enabled: true } } })).toBeNull();
  });

  test('that cannot be read is told its mistakes by their fields', () => {
    expect(report({ logging: { apiLogging: { enabled: 'yes' } } })).toMatchObject({
      generation: 3,
      findings: [
        {
          reason: 'InvalidConfiguration',
          message: 'spec.logging.apiLogging.enabled must be true or false',
          severity: 'error',
        },
      ],
    });
  });
});

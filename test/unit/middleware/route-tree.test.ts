/** Which alias a path is. */
import { describe, expect, test } from 'vitest';
import { RouteTree } from '../../../proxy/middleware/routeralias/route-tree.ts';

const tree = new RouteTree([
  { alias: '/orders/{id}', route: '/by-id' },
  { alias: '/orders/new', route: '/new' },
  { alias: '/orders/{order}/items/{item}', route: '/item?kind=full' },
  { alias: '/orders/new/items', route: '/new-items' },
  { alias: '/', route: '/root' },
  { alias: '/caf\u00e9', route: '/caf\u00e9?a=\u00e9' },
  { alias: '/orders/{again}', route: '/never' },
]);

describe('a path', () => {
  test.each([
    ['/orders/7', { route: '/by-id', variables: [['id', '7']] }],
    ['/orders/new', { route: '/new', variables: [] }],
    ['/orders/n%65w', { route: '/new', variables: [] }],
    ['/orders/new/items', { route: '/new-items', variables: [] }],
    [
      '/orders/new/items/2',
      {
        route: '/item?kind=full',
        variables: [
          ['order', 'new'],
          ['item', '2'],
        ],
      },
    ],
    ['/orders/a%2Fb%20c', { route: '/by-id', variables: [['id', 'a/b c']] }],
    ['/orders/100%', { route: '/by-id', variables: [['id', '100%']] }],
    ['/', { route: '/root', variables: [] }],
    ['/caf%C3%A9', { route: '/caf%C3%A9?a=%C3%A9', variables: [] }],
  ])('%s is an alias', (path, match) => {
    expect(tree.match(path)).toEqual(match);
  });

  test.each([
    '/orders',
    '/orders/',
    '/orders/7/',
    '//orders/7',
    '/Orders/7',
    '/orders/7/items',
    '',
    '/orders//items/1',
  ])('%s is none', (path) => {
    expect(tree.match(path)).toBeNull();
  });

  test('of very many segments costs no more than the longest alias', () => {
    expect(tree.match(`/orders${'/x'.repeat(100_000)}`)).toBeNull();
  });
});

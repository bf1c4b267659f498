import { expect, test } from 'vitest';
import { joinPath } from '../../../proxy/upstream/join-path.ts';

test.for([
  ['', '', '/'],
  ['', 'a', '/a'],
  ['', 'a/', '/a/'],
  ['', '/a', '//a'],
  ['/', '', '/'],
  ['/', 'a', '/a'],
  ['/api', '', '/api'],
  ['/api/', '', '/api/'],
  ['/api', 'a/b', '/api/a/b'],
  ['/api/', 'a/b', '/api/a/b'],
  ['/api', '/a', '/api//a'],
  ['/a%2Fb', 'c%2Fd', '/a%2Fb/c%2Fd'],
])('base "%s" and path "%s" make "%s": exactly one slash between them', ([base, path, joined]) => {
  expect(joinPath({ path: base ?? '', query: '' }, { path: path ?? '', search: '' })).toBe(joined);
});

test.for([
  ['', '', '/a'],
  ['', '?', '/a?'],
  ['', '?x=1', '/a?x=1'],
  ['k=v', '', '/a?k=v'],
  ['k=v', '?', '/a?k=v'],
  ['k=v', '?x=1&x=2', '/a?k=v&x=1&x=2'],
])('the base query "%s" stands before the caller\'s "%s": %s', ([query, search, joined]) => {
  expect(joinPath({ path: '', query: query ?? '' }, { path: 'a', search: search ?? '' })).toBe(joined);
});

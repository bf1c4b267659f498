import { expect, test } from 'vitest';
import { matchApi, metadataKeyOf } from '../../../proxy/api/match-api.ts';

test.for([
  ['GET', '/v1.0/healthz', 'healthz'],
  ['GET', '/v1.0/healthz/', 'healthz'],
  ['GET', '//v1.0//healthz', 'healthz'],
  ['GET', '/v1.0/healthz/outbound', 'healthz-outbound'],
  ['GET', '/v1.0/metadata', 'metadata-get'],
  ['PUT', '/v1.0/metadata/key', 'metadata-put'],
  ['POST', '/v1.0/shutdown', 'shutdown'],
  // A known path with another verb, and everything else, is an invocation.
  ['POST', '/v1.0/healthz', 'invoke'],
  ['GET', '/v1.0/shutdown', 'invoke'],
  ['PUT', '/v1.0/metadata', 'invoke'],
  ['PUT', '/v1.0/metadata/a/b', 'invoke'],
  ['GET', '/v1.0/healthzz', 'invoke'],
  ['GET', '/v1.0/metadata/x', 'invoke'],
  ['GET', '/v1.0/invoke/a/method/v1.0/healthz', 'invoke'],
  ['GET', '/', 'invoke'],
])('%s %s is %s', ([method, path, api]) => {
  expect(matchApi(method ?? '', path ?? '')).toBe(api);
});

test('the key of a metadata item is what follows, still encoded', () => {
  expect(metadataKeyOf('/v1.0/metadata/a%20b')).toBe('a%20b');
  expect(metadataKeyOf('//v1.0/metadata//key/')).toBe('key');
  expect(metadataKeyOf('/v1.0/metadata')).toBe('');
});

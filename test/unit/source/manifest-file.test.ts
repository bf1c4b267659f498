import { describe, expect, test } from 'vitest';
import type { Problem } from '#shared/errors/problem.ts';
import { unreadableFile, type ManifestFile } from '../../../proxy/source/manifest-file.ts';
import { manifestFileOf } from '../../support/snapshot-of.ts';

const endpoint = (name: string, url = 'https://api.example.com'): string =>
  `apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata: { name: ${name} }\nspec: { baseUrl: ${url} }\n---\n`;

/** `a=https://…` for each endpoint, those that are kept in brackets. */
function endpointsOf({ resources, keptResources }: ManifestFile): readonly string[] {
  const shown = (resource: ManifestFile['resources'][number]): string =>
    resource.kind === 'endpoint' ? `${resource.endpoint.name}=${resource.endpoint.baseUrl}` : resource.kind;
  return [...resources.map(shown), ...keptResources.map((resource) => `[${shown(resource)}]`)];
}

const messages = ({ problems }: ManifestFile): readonly string[] => problems.map(({ message }) => message);

describe('a manifest file that changes', () => {
  const good = manifestFileOf(endpoint('a', 'https://a') + endpoint('b', 'https://b'));

  test('loses what it does not name any more', () => {
    expect(endpointsOf(manifestFileOf(endpoint('b', 'https://b'), good))).toEqual(['b=https://b']);
    expect(endpointsOf(manifestFileOf('', good))).toEqual([]);
  });

  test('keeps an endpoint as it was while its document is not YAML', () => {
    const broken = manifestFileOf(endpoint('a', 'https://a') + endpoint('b', '"https://new'), good);
    expect(endpointsOf(broken)).toEqual(['a=https://a', '[b=https://b]']);
    expect(messages(broken)).toEqual([expect.stringContaining('it is not valid YAML')]);
  });

  test('keeps everything that is missing while it is cut off in the middle of a document', () => {
    const text = endpoint('a', 'https://new') + endpoint('b', 'https://b');
    expect(endpointsOf(manifestFileOf(text.slice(0, text.indexOf('kind: HTTPEndpoint', 90)), good))).toEqual([
      'a=https://new',
      '[b=https://b]',
    ]);
  });

  test('keeps an endpoint as it was while it breaks the schema, and says so', () => {
    const broken = manifestFileOf(endpoint('a', '8080') + endpoint('b', 'https://b'), good);
    expect(endpointsOf(broken)).toEqual(['b=https://b', '[a=https://a]']);
    expect(messages(broken)).toEqual(['spec.baseUrl must be string; what was read before stays in use']);
  });

  test('still keeps it when it is broken in another way, and lets go once it is mended', () => {
    const broken = manifestFileOf(endpoint('a', '8080'), manifestFileOf(endpoint('a', '"'), good));
    expect(endpointsOf(broken)).toEqual(['[a=https://a]']);
    expect(endpointsOf(manifestFileOf(endpoint('a', 'https://new'), broken))).toEqual(['a=https://new']);
    expect(endpointsOf(manifestFileOf('', broken))).toEqual([]);
  });

  test('names an endpoint that was never good, so that it is refused by name', () => {
    const { resources, problems } = manifestFileOf(endpoint('c', '8080'), good);
    expect(resources).toMatchObject([{ kind: 'invalid-endpoint', endpoint: { subject: { name: 'c' } } }]);
    expect(problems).toEqual([]);
  });

  test('keeps a Secret while it is invalid', () => {
    const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\n';
    const former = manifestFileOf(`${secret}stringData: { k: v }`);
    const broken = manifestFileOf(`${secret}data: { k: '*' }`, former);
    expect(broken.keptResources).toEqual(former.resources);
    expect(messages(broken)).toEqual(['data.k is not base64; what was read before stays in use']);
  });

  test('keeps everything while it cannot be read at all', () => {
    const subject = { kind: '', namespace: '', name: '', location: 'all.yaml' };
    const problem: Problem = { subject, reason: 'NotText', message: 'the file looks binary', severity: 'error' };
    const unreadable = unreadableFile(problem, good);
    expect(endpointsOf(unreadable)).toEqual(['[a=https://a]', '[b=https://b]']);
    expect(messages(unreadable)).toEqual(['the file looks binary; what was read before stays in use']);
    expect(endpointsOf(manifestFileOf(endpoint('a', 'https://a'), unreadable))).toEqual(['a=https://a']);
  });

  test('gives the same objects for documents with the same text, also at another line', () => {
    const next = manifestFileOf(`# one more line\n---\n${endpoint('a', 'https://a')}${endpoint('c')}`, good);
    const [before] = good.resources;
    const [after] = next.resources;
    if (before?.kind !== 'endpoint' || after?.kind !== 'endpoint') throw new TypeError('no endpoints');
    expect(after.endpoint.headers).toBe(before.endpoint.headers);
    expect(after.endpoint.subject.location).toBe('all.yaml:3');
  });
});

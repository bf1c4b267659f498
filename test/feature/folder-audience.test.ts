import { describe, expect, test } from 'vitest';
import { watchedFolder } from '../support/watched-folder.ts';

const endpoint = (name: string, metadata: string, rest = ''): string =>
  `apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata: { name: ${name}${metadata} }\nspec: { baseUrl: "https://${name}.example" }\n${rest}---\n`;

const files = {
  'resources/all.yaml': [
    endpoint('anywhere', ''),
    endpoint('shop', ', namespace: shop'),
    endpoint('bank', ', namespace: bank'),
    endpoint('payments', '', 'scopes: [payments]\n'),
  ].join(''),
};

describe('a table from a folder', () => {
  test('holds the endpoints of every namespace while NAMESPACE is not set, as with Dapr', async () => {
    const folder = await watchedFolder({ files });
    expect([...folder.table().endpointsByName.keys()]).toEqual(['anywhere', 'bank', 'shop']);
  });

  test('holds those of NAMESPACE, and those without one, when it is set', async () => {
    const folder = await watchedFolder({ files, env: { NAMESPACE: 'shop' } });
    expect([...folder.table().endpointsByName.keys()]).toEqual(['anywhere', 'shop']);
  });

  test('holds a resource once, however often and however its folder is named', async () => {
    const folder = await watchedFolder({ files, args: ['--resources-path=ROOT/resources/../resources/'] });
    expect(folder.problems()).toEqual([]);
    expect(folder.table().endpointsByName.size).toBe(3);
  });

  test('comes from a path that is a file, too', async () => {
    const folder = await watchedFolder({
      files: { 'one.yaml': endpoint('one', '') },
      args: ['--resources-path=ROOT/one.yaml'],
    });
    expect(folder.stateOf('one')).toBe('ready https://one.example');
    await folder.replace('one.yaml', endpoint('two', ''));
    await expect.poll(() => folder.stateOf('two'), { interval: 5, timeout: 15_000 }).toBe('ready https://two.example');
  });
});

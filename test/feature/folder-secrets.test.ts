import { mkdir, rename, symlink, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { waitUntil } from '../support/start-test-proxy.ts';
import { endpointManifest, secretManifest } from '../support/tls-manifests.ts';
import { watchedFolder, type WatchedFolder } from '../support/watched-folder.ts';

const endpoint = endpointManifest({
  name: 'github',
  baseUrl: 'https://api.example.com',
  headers: { Authorization: { secret: 'gh', key: 'token' } },
});

const fileStore = (secretsFile: string): string => `apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: kubernetes }
spec:
  type: secretstores.local.file
  version: v1
  metadata:
    - { name: secretsFile, value: ${secretsFile} }
    - { name: multiValued, value: 'true' }
`;

const secrets = (token: string): string => JSON.stringify({ gh: { token } });

function tokenOf(folder: WatchedFolder): string {
  const found = folder.endpoint('github');
  if (found?.state !== 'ready') return `refused ${found?.reason ?? 'unknown'}`;
  return found.headers[0]?.value.reveal() ?? 'no header';
}

describe('a Secret manifest', () => {
  test('that changes, goes and comes back is applied', async () => {
    const folder = await watchedFolder({
      files: { 'resources/endpoint.yaml': endpoint, 'resources/secret.yaml': secretManifest('gh', { token: 'one' }) },
    });
    expect(tokenOf(folder)).toBe('one');
    await folder.replace('resources/secret.yaml', secretManifest('gh', { token: 'two' }));
    await waitUntil(() => tokenOf(folder) === 'two');
    await unlink(path.join(folder.resources, 'secret.yaml'));
    await waitUntil(() => tokenOf(folder) === 'refused SecretNotFound');
    await folder.replace('resources/secret.yaml', secretManifest('gh', { token: 'three' }));
    await waitUntil(() => tokenOf(folder) === 'three');
  });

  test('that breaks keeps its last good value', async () => {
    const folder = await watchedFolder({
      files: { 'resources/endpoint.yaml': endpoint, 'resources/secret.yaml': secretManifest('gh', { token: 'one' }) },
    });
    await folder.replace(
      'resources/secret.yaml',
      '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"gh"},"data":{"token":"*"}}',
    );
    await waitUntil(() => folder.problems().length > 0);
    expect(folder.problems()).toEqual(['InvalidSecret: data.token is not base64; what was read before stays in use']);
    expect(tokenOf(folder)).toBe('one');
  });
});

describe('the file of secretstores.local.file', () => {
  test('beside the manifest is found and watched', async () => {
    const folder = await watchedFolder({
      files: {
        'resources/endpoint.yaml': endpoint,
        'resources/store.yaml': fileStore('../secrets.json'),
        'secrets.json': secrets('one'),
      },
    });
    expect(tokenOf(folder)).toBe('one');
    await folder.replace('secrets.json', secrets('two'));
    await waitUntil(() => tokenOf(folder) === 'two');
    await writeFile(path.join(folder.root, 'secrets.json'), secrets('six'));
    await waitUntil(() => tokenOf(folder) === 'six');
  });

  test('in a Kubernetes volume is followed through the links', async () => {
    const folder = await watchedFolder({
      files: { 'resources/endpoint.yaml': endpoint },
      prepare: async (root) => {
        const volume = path.join(root, 'volume');
        await mkdir(path.join(volume, '..1'), { recursive: true });
        await writeFile(path.join(volume, '..1/secrets.json'), secrets('one'));
        await symlink('..1', path.join(volume, '..data'));
        await symlink('..data/secrets.json', path.join(volume, 'secrets.json'));
        await writeFile(path.join(root, 'resources/store.yaml'), fileStore(path.join(volume, 'secrets.json')));
      },
    });
    const volume = path.join(folder.root, 'volume');
    expect(tokenOf(folder)).toBe('one');
    await mkdir(path.join(volume, '..2'));
    await writeFile(path.join(volume, '..2/secrets.json'), secrets('two'));
    await symlink('..2', path.join(volume, '..data_tmp'));
    await rename(path.join(volume, '..data_tmp'), path.join(volume, '..data'));
    await waitUntil(() => tokenOf(folder) === 'two');
  });

  test('that breaks keeps its last good values; one that goes takes them along; one that comes brings them', async () => {
    const folder = await watchedFolder({
      files: {
        'resources/endpoint.yaml': endpoint,
        'resources/store.yaml': fileStore('secrets.json'),
        'resources/secrets.json': secrets('one'),
      },
    });
    // It lies among the manifests and is none.
    expect(folder.problems()).toEqual([]);
    await folder.replace('resources/secrets.json', '{"gh": {"token": "hunter2"');
    await waitUntil(() => folder.problems().length > 0);
    expect(folder.problems()).toEqual([
      `SecretStoreFailed: ${folder.resources}/secrets.json is not valid JSON; what was read before stays in use`,
    ]);
    expect(tokenOf(folder)).toBe('one');
    await unlink(path.join(folder.resources, 'secrets.json'));
    await waitUntil(() => tokenOf(folder) === 'refused SecretStoreFailed');
    await writeFile(path.join(folder.resources, 'secrets.json'), secrets('two'));
    await waitUntil(() => tokenOf(folder) === 'two');
  });

  test('that never was good refuses what refers to it, and nothing else', async () => {
    const folder = await watchedFolder({
      files: {
        'resources/endpoint.yaml': endpoint,
        'resources/other.yaml': endpointManifest({ name: 'other', baseUrl: 'https://other.example' }),
        'resources/store.yaml': fileStore('../secrets.json'),
        'secrets.json': 'hunter2',
      },
    });
    expect(tokenOf(folder)).toBe('refused SecretStoreFailed');
    expect(folder.stateOf('other')).toBe('ready https://other.example');
    expect(JSON.stringify(folder.lines)).not.toContain('hunter2');
  });
});

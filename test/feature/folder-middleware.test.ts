/** Middleware Components of a folder: read again when they, their secrets or the Configuration change; kept when they break. */
import { unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { middlewareComponent, pipelineConfiguration } from '../support/middleware-manifests.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { secretManifest } from '../support/tls-manifests.ts';
import { watchedFolder, type WatchedFolder } from '../support/watched-folder.ts';

const args = ['--config=ROOT/config.yaml'];
const limit = { name: 'limit', type: 'ratelimit' };
const upper = { name: 'upper', type: 'uppercase' };
const burst = (count: number): string => middlewareComponent(limit, { burst: String(count) });
const inHttp = pipelineConfiguration({ http: [limit] });

/** A rate limit whose key comes from somewhere else. */
const keyFrom = (source: object, store = 'kubernetes'): string =>
  JSON.stringify({
    apiVersion: 'dapr.io/v1alpha1',
    kind: 'Component',
    metadata: { name: 'limit' },
    auth: { secretStore: store },
    spec: { type: 'middleware.http.ratelimit', version: 'v1', metadata: [{ name: 'key', ...source }] },
  });
const fromSecret = { secretKeyRef: { name: 'keys', key: 'limit' } };

/** `burst=5`, `refused ComponentNotFound`. */
function shown(folder: WatchedFolder): readonly string[] {
  const { http, app } = folder.table().pipelines;
  return [...http, ...app].map((entry) => {
    if (entry.state === 'refused') return `refused ${entry.reason}`;
    return entry.settings.map(({ name, value }) => `${name}=${value.reveal()}`).join();
  });
}

const until = (folder: WatchedFolder, ...expected: readonly string[]): Promise<void> =>
  waitUntil(() => shown(folder).join('; ') === expected.join('; '));

describe('a middleware of a folder', () => {
  test('follows its manifest: it changes, goes and comes back', async () => {
    const folder = await watchedFolder({ files: { 'config.yaml': inHttp, 'resources/limit.yaml': burst(1) }, args });
    expect(shown(folder)).toEqual(['burst=1']);
    await folder.replace('resources/limit.yaml', burst(2));
    await until(folder, 'burst=2');
    await unlink(path.join(folder.resources, 'limit.yaml'));
    await until(folder, 'refused ComponentNotFound');
    await folder.replace('resources/limit.yaml', burst(3));
    await until(folder, 'burst=3');
  });

  test('follows the Configuration, and is in no table without it', async () => {
    const folder = await watchedFolder({ files: { 'config.yaml': inHttp, 'resources/limit.yaml': burst(1) }, args });
    await folder.replace('config.yaml', pipelineConfiguration({ http: [upper], app: [limit, limit] }));
    await until(folder, 'refused ComponentNotFound', 'burst=1', 'burst=1');
    await folder.replace('config.yaml', pipelineConfiguration({}));
    await until(folder);
    expect(folder.problems()).toContain(
      'ComponentNotFound: httpPipeline: handler upper: no middleware Component named upper can be read and is for this app',
    );
  });

  test('stays as it was while its file is broken, and is refused when only a setting is wrong', async () => {
    const folder = await watchedFolder({ files: { 'config.yaml': inHttp, 'resources/limit.yaml': burst(1) }, args });
    await folder.replace('resources/limit.yaml', `${burst(2)}  oops: [`);
    await waitUntil(() => folder.problems().length === 1);
    await folder.replace('resources/limit.yaml', burst(2).replace(/- \{.*\}/, '- burst'));
    await waitUntil(() => folder.problems().length === 2);
    expect(folder.problems()).toEqual([
      'InvalidYaml: it is not valid YAML: the indentation does not fit',
      'InvalidComponent: spec.metadata[0] must be a map; what was read before stays in use',
    ]);
    expect(shown(folder)).toEqual(['burst=1']);
    await folder.replace('resources/limit.yaml', middlewareComponent(limit, { burst: 'many' }));
    await until(folder, 'refused InvalidMiddleware');
    await folder.replace('resources/limit.yaml', burst(3));
    await until(folder, 'burst=3');
  });

  test('keeps the last good Configuration, and with it its handlers', async () => {
    const folder = await watchedFolder({ files: { 'config.yaml': inHttp, 'resources/limit.yaml': burst(1) }, args });
    await folder.replace('config.yaml', inHttp.replace('"type"', '"sort"'));
    await waitUntil(() => folder.problems().length === 1);
    expect(folder.problems()[0]).toContain('spec.httpPipeline.handlers[0].type is missing');
    await folder.replace('resources/limit.yaml', burst(2));
    await until(folder, 'burst=2');
  });
});

describe('a setting of a middleware', () => {
  test('from a Secret manifest follows it', async () => {
    const folder = await watchedFolder({
      files: {
        'config.yaml': inHttp,
        'resources/limit.yaml': keyFrom(fromSecret),
        'resources/secret.yaml': secretManifest('keys', { limit: '{path}' }),
      },
      args,
    });
    expect(shown(folder)).toEqual(['key={path}']);
    await folder.replace('resources/secret.yaml', secretManifest('keys', { limit: '{method}' }));
    await until(folder, 'key={method}');
    await unlink(path.join(folder.resources, 'secret.yaml'));
    await until(folder, 'refused SecretNotFound');
  });

  test('from a secrets file follows it', async () => {
    const store = `apiVersion: dapr.io/v1alpha1
kind: Component
metadata: { name: file }
spec:
  type: secretstores.local.file
  version: v1
  metadata:
    - { name: secretsFile, value: ../secrets.json }
    - { name: multiValued, value: 'true' }
`;
    const secrets = (limit_: string): string => JSON.stringify({ keys: { limit: limit_ } });
    const folder = await watchedFolder({
      files: {
        'config.yaml': inHttp,
        'resources/limit.yaml': keyFrom(fromSecret, 'file'),
        'resources/store.yaml': store,
        'secrets.json': secrets('{path}'),
      },
      args,
    });
    expect(shown(folder)).toEqual(['key={path}']);
    await writeFile(path.join(folder.root, 'secrets.json'), secrets('{appId}'));
    await until(folder, 'key={appId}');
  });

  test('from the environment, and from a store over it', async () => {
    const files = { 'config.yaml': inHttp, 'resources/limit.yaml': keyFrom({ envRef: 'LIMIT_KEY' }) };
    const env = { LIMIT_KEY: '{appId}' };
    expect(shown(await watchedFolder({ files, args, env }))).toEqual(['key={appId}']);
    const store =
      'apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: env }\nspec: { type: secretstores.local.env }\n';
    const viaStore = { 'resources/limit.yaml': keyFrom({ secretKeyRef: { name: 'LIMIT_KEY' } }, 'env') };
    const folder = await watchedFolder({ files: { ...files, ...viaStore, 'resources/store.yaml': store }, args, env });
    expect(shown(folder)).toEqual(['key={appId}']);
  });
});

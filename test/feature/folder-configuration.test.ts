import { unlink } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError } from '#shared/errors/config-error.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { watchedFolder } from '../support/watched-folder.ts';

const configuration = (spec: string): string =>
  `apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: { name: config }\nspec: ${spec}\n`;

const args = ['--config=ROOT/config.yaml'];
const denied = (name: string): string => configuration(`{ api: { denied: [{ name: ${name}, version: v1 }] } }`);

/** What ConfigError of a start says, with the root left out. */
async function mistakesOf(
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = args,
): Promise<readonly string[]> {
  const err: unknown = await watchedFolder({ files, args: flags }).catch((reason: unknown) => reason);
  if (!(err instanceof ConfigError)) throw new TypeError('it started', { cause: err });
  return err.mistakes.map((mistake) => mistake.replace(/^\/.*\/(?=[^/]*: )/, ''));
}

describe('the Configuration', () => {
  test('is applied, and applied again when it changes', async () => {
    const folder = await watchedFolder({ files: { 'config.yaml': denied('shutdown') }, args });
    expect(folder.table().apiAccess.denied).toEqual([{ name: 'shutdown', version: 'v1' }]);
    await folder.replace('config.yaml', denied('metadata'));
    await waitUntil(() => folder.table().apiAccess.denied[0]?.name === 'metadata');
  });

  test('may be spread over files, the later ones stronger', async () => {
    const folder = await watchedFolder({
      files: {
        'config.yaml': configuration('{ metrics: { enabled: false, recordErrorCodes: true } }'),
        'more.yaml': configuration('{ metrics: { enabled: true } }'),
      },
      args: [...args, '--config=ROOT/more.yaml'],
    });
    expect(folder.table().metrics).toMatchObject({ enabled: true, recordErrorCodes: true });
  });

  test('takes variables from the environment', async () => {
    const folder = await watchedFolder({
      files: { 'config.yaml': denied('$DENIED') },
      args,
      env: { DENIED: 'shutdown' },
    });
    expect(folder.table().apiAccess.denied).toEqual([{ name: 'shutdown', version: 'v1' }]);
  });

  test('stops the start with every mistake when it cannot be used', async () => {
    expect(await mistakesOf({})).toEqual(['config.yaml: there is no such file']);
    expect(await mistakesOf({ 'config.yaml': 'a: [1' })).toEqual([
      'config.yaml:1: it is not valid YAML: the indentation does not fit',
    ]);
    expect(await mistakesOf({ 'config.yaml': 'hello' })).toEqual([
      'config.yaml:1: it is no Configuration of dapr.io/v1alpha1',
    ]);
    const two = configuration('{ metrics: 7, appHttpPipeline: { handlers: [{ name: auth }] } }');
    expect(await mistakesOf({ 'config.yaml': two })).toEqual([
      'config.yaml:1: spec.metrics must be a map',
      'config.yaml:1: spec.appHttpPipeline.handlers[0].type is missing',
    ]);
  });

  test('is kept when its file is empty for a moment, and may be empty at the start', async () => {
    const folder = await watchedFolder({ files: { 'config.yaml': denied('shutdown') }, args });
    await folder.replace('config.yaml', '');
    await waitUntil(() => folder.problems().length === 1);
    expect(folder.problems()[0]).toContain('config.yaml: it is empty; what was read before stays in use');
    expect(folder.table().apiAccess.denied).toEqual([{ name: 'shutdown', version: 'v1' }]);
    const empty = await watchedFolder({ files: { 'config.yaml': '' }, args });
    expect(empty.table().apiAccess.denied).toEqual([]);
  });

  test('keeps the last good one when it breaks or goes later', async () => {
    const folder = await watchedFolder({ files: { 'config.yaml': denied('shutdown') }, args });
    await folder.replace('config.yaml', configuration('{ api: 7 }'));
    await waitUntil(() => folder.problems().length === 1);
    await unlink(path.join(folder.root, 'config.yaml'));
    await waitUntil(() => folder.problems().length === 2);
    expect(folder.problems()).toEqual([
      `InvalidConfiguration: ${folder.root}/config.yaml:1: spec.api must be a map; what was read before stays in use`,
      `InvalidConfiguration: ${folder.root}/config.yaml: there is no such file; what was read before stays in use`,
    ]);
    expect(folder.table().apiAccess.denied).toEqual([{ name: 'shutdown', version: 'v1' }]);
    await folder.replace('config.yaml', denied('metadata'));
    await waitUntil(() => folder.table().apiAccess.denied[0]?.name === 'metadata');
  });
});

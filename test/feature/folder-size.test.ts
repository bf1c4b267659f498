import { describe, expect, test } from 'vitest';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { watchedFolder } from '../support/watched-folder.ts';

/** Slow machines parse for a while. */
const patience = 120_000;

const name = (index: number): string => `endpoint-${index}`;
const manifest = (index: number, version = ''): string =>
  httpEndpoint(name(index), `https://${index}${version}.example`);

describe('a folder of many endpoints', () => {
  test('has ten thousand in as many files, and a change of one changes one', { timeout: patience }, async () => {
    const files = Array.from({ length: 10_000 }, (_, index) => [`resources/${index}.yaml`, manifest(index)] as const);
    const folder = await watchedFolder({ files: Object.fromEntries(files) });
    expect(folder.table().endpointsByName.size).toBe(10_000);
    expect(folder.problems()).toEqual([]);
    const before = folder.table();
    await folder.replace('resources/7000.yaml', manifest(7000, 'new'));
    await waitUntil(() => folder.stateOf(name(7000)) === 'ready https://7000new.example');
    const changed = [...folder.table().endpointsByName].filter(
      ([key, endpoint]) => before.endpointsByName.get(key) !== endpoint,
    );
    expect(changed.map(([key]) => key)).toEqual([name(7000)]);
  });

  test('has ten million bytes in one file', { timeout: patience }, async () => {
    const count = 2500;
    const padding = `# ${'x'.repeat(4000)}\n`;
    const text = Array.from({ length: count }, (_, index) => `${manifest(index)}${padding}`).join('---\n');
    expect(text.length).toBeGreaterThan(10_000_000);
    const folder = await watchedFolder({ files: { 'resources/all.yaml': text } });
    expect(folder.table().endpointsByName.size).toBe(count);
    expect(folder.problems()).toEqual([]);
    await folder.replace('resources/all.yaml', text.replace('https://1234.example', 'https://new.example'));
    await waitUntil(() => folder.stateOf(name(1234)) === 'ready https://new.example');
    expect(folder.lines.findLast(({ message }) => message === 'endpoint table applied')?.fields).toMatchObject({
      changed: name(1234),
    });
  });
});

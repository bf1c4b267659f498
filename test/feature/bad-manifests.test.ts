/** Manifests that are wrong, odd or hostile: the good endpoint beside them is served, and what is wrong is named. */
import { execFileSync } from 'node:child_process';
import { mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startCountingUpstream } from '../support/counting-upstream.ts';
import { expectAlive } from '../support/expect-alive.ts';
import { httpEndpoint } from '../support/http-endpoint.ts';
import { isWholeResponse, rawExchange } from '../support/raw-exchange.ts';
import { startTestProxy, waitUntil, type TestProxy } from '../support/start-test-proxy.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The same endpoint in block style, to build on. */
const block = (baseUrl: string, name = 'odd'): string =>
  `apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata:\n  name: ${name}\nspec:\n  baseUrl: ${baseUrl}\n`;

async function statusOf(proxy: TestProxy, name: string): Promise<string> {
  const request = `GET /v1.0/invoke/${name}/method/x HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  return (await rawExchange(proxy.port, request, isWholeResponse)).slice(9, 12);
}

/** Reasons of the problems that were logged. */
function reasonsIn({ lines }: TestProxy): readonly unknown[] {
  return lines.filter(({ message }) => message === 'a resource has a problem').map(({ fields }) => fields['reason']);
}

type MakeManifest = (origin: string) => string | Buffer;

const readable: Readonly<Record<string, MakeManifest>> = {
  'Windows line ends': (origin) => block(origin).replaceAll('\n', '\r\n'),
  'a byte order mark': (origin) => `\uFEFF${block(origin)}`,
  'a document separator per byte': (origin) => `${'---\n'.repeat(10_000)}${block(origin)}`,
  'a line of one megabyte': (origin) => `${block(origin)}x: ${'a'.repeat(1_000_000)}\n`,
  'keys that JavaScript knows': (origin) =>
    `${block(origin)}__proto__: { polluted: true }\nconstructor: { prototype: { polluted: true } }\n`,
  'a merge key': (origin) =>
    `x: &base { baseUrl: "${origin}" }\n${block(origin).replace(/ {2}baseUrl: .*/, '  <<: *base')}`,
  'tags of other languages': (origin) => `${block(origin)}x: !!js/function "function () {}"\ny: !!binary aGk=\n`,
  'a name that looks like a date': (origin) => block(origin, '2024-01-01'),
  'a name that is a keyword': (origin) => block(origin, '"true"'),
};

test.for(Object.entries(readable))('a manifest with %s is read', async ([, make]) => {
  const { upstream } = await startCountingUpstream();
  const resources = { 'a.yaml': String(make(upstream.origin)), 'up.yaml': httpEndpoint('up', upstream.origin) };
  const proxy = await startTestProxy({ resources });
  const name = /name: "?([\w-]+)"?/.exec(resources['a.yaml'])?.[1] ?? '';
  expect(await statusOf(proxy, name)).toBe('200');
  expect(reasonsIn(proxy)).toEqual([]);
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
  await expectAlive(proxy.port, 'up');
});

const laughs = [
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...'bcdefghi'
    .split('')
    .map(
      (letter, index) =>
        `${letter}: &${letter} [${Array.from({ length: 9 }, () => `*${'abcdefgh'.charAt(index)}`).join(', ')}]`,
    ),
].join('\n');

const refused: Readonly<Record<string, readonly [MakeManifest, string]>> = {
  'bytes that are no text': [
    () => Buffer.from(Array.from({ length: 10_000 }, (_, index) => (index * 7_919) % 256)),
    'NotText',
  ],
  'UTF-16': [(origin) => Buffer.from(`\uFEFF${block(origin)}`, 'utf16le'), 'NotText'],
  'one document of 10 MB': [(origin) => `${block(origin)}x: ${'a'.repeat(10_000_000)}\n`, 'DocumentTooLarge'],
  'aliases that multiply': [(origin) => `${block(origin)}${laughs}\n`, 'InvalidYaml'],
  'an alias inside its own anchor': [(origin) => `${block(origin)}x: &x\n  y: *x\n`, 'InvalidYaml'],
  'ten thousand brackets': [
    (origin) => `${block(origin)}x: ${'['.repeat(10_000)}${']'.repeat(10_000)}\n`,
    'InvalidYaml',
  ],
  'ten thousand brackets that stay open': [() => '['.repeat(10_000), 'InvalidYaml'],
  'tabs for indentation': [(origin) => block(origin).replaceAll('  ', '\t'), 'InvalidYaml'],
  'a key that is there twice': [(origin) => `${block(origin)}kind: Secret\n`, 'InvalidYaml'],
  'an anchor of another document': [(origin) => `x: &x y\n---\n${block(origin)}z: *x\n`, 'InvalidYaml'],
  'a name that YAML takes for true': [(origin) => block(origin, 'yes'), 'InvalidName'],
  'a name that YAML takes for a number': [(origin) => block(origin, '0777'), 'InvalidName'],
  'a name with a slash': [(origin) => block(origin, 'a/b'), 'InvalidName'],
  'a name with a control character': [(origin) => block(origin, '"a\\tb"'), 'InvalidName'],
  'a name that is a URL': [(origin) => block(origin, 'http://odd'), 'InvalidName'],
  'a name of two dots': [(origin) => block(origin, '..'), 'InvalidName'],
};

test.for(Object.entries(refused))('%s is named, and hides nothing else', async ([, [make, reason]]) => {
  const { upstream } = await startCountingUpstream();
  const folder = await temporaryFolder();
  await writeFile(path.join(folder, 'a.yaml'), make(upstream.origin));
  const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
  const proxy = await startTestProxy({ resources, args: [`--resources-path=${folder}`] });
  expect(reasonsIn(proxy)).toContain(reason);
  expect(await statusOf(proxy, 'odd')).toBe('404');
  await expectAlive(proxy.port, 'up');
});

test('names that JavaScript objects have are names like others, and unknown until somebody uses them', async () => {
  const { upstream } = await startCountingUpstream();
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty'];
  const all = names.map((name) => httpEndpoint(name, upstream.origin)).join('---\n');
  const proxy = await startTestProxy({ resources: { 'a.yaml': all } });
  const asked = [...names, 'valueOf', 'isPrototypeOf', '__defineGetter__'];
  expect(await Promise.all(asked.map((name) => statusOf(proxy, name)))).toEqual([
    '200',
    '200',
    '200',
    '200',
    '404',
    '404',
    '404',
  ]);
});

test('headers and secrets may be called what JavaScript objects have, and nothing is found that is not there', async () => {
  const { upstream, seen } = await startCountingUpstream();
  const reference = (name: string, key: string): string => `secretKeyRef: { name: ${name}, key: ${key} }`;
  const secret =
    'apiVersion: v1\nkind: Secret\nmetadata: { name: __proto__ }\nstringData: { toString: one, __proto__: two }\n';
  const headers = `  headers:\n  - { name: constructor, value: zero }\n  - { name: __proto__, ${reference('__proto__', 'toString')} }\n  - { name: X-Two, ${reference('__proto__', '__proto__')} }\n`;
  const proxy = await startTestProxy({
    resources: {
      'a.yaml': `${block(upstream.origin)}${headers}---\n${secret}`,
      'b.yaml': `${block(upstream.origin, 'lost')}  headers:\n  - { name: X, ${reference('constructor', 'name')} }\n`,
      'c.yaml': `${block(upstream.origin, 'keyless')}  headers:\n  - { name: X, ${reference('__proto__', 'constructor')} }\n`,
    },
  });
  expect(await statusOf(proxy, 'odd')).toBe('200');
  expect(seen[0]?.rawHeaders.join()).toMatch(/constructor,zero,__proto__,one,X-Two,two/);
  expect(await statusOf(proxy, 'lost')).toBe('503');
  expect(await statusOf(proxy, 'keyless')).toBe('503');
});

test('an endpoint that is called what the application is wins over it', async () => {
  const { upstream, seen } = await startCountingUpstream();
  const proxy = await startTestProxy({ resources: { 'a.yaml': httpEndpoint('orders', upstream.origin) } });
  expect(await statusOf(proxy, 'orders')).toBe('200');
  expect(seen).toHaveLength(1);
});

test('folders, pipes and links with the name of a manifest hold nothing up', async () => {
  const { upstream } = await startCountingUpstream();
  const folder = await temporaryFolder();
  await mkdir(path.join(folder, 'folder.yaml'));
  execFileSync('mkfifo', [path.join(folder, 'pipe.yaml')]);
  await symlink('/nowhere', path.join(folder, 'dangling.yaml'));
  await symlink('circle.yaml', path.join(folder, 'circle.yaml'));
  await symlink('/dev/zero', path.join(folder, 'endless.yaml'));
  const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
  const proxy = await startTestProxy({ resources, args: [`--resources-path=${folder}`] });
  expect(reasonsIn(proxy)).toEqual(expect.arrayContaining(['NotAFile', 'FileUnreadable']));
  await expectAlive(proxy.port, 'up');
});

test('a manifest that turns into a pipe keeps its endpoint, and other changes still apply', async () => {
  const { upstream } = await startCountingUpstream();
  const resources = { 'up.yaml': httpEndpoint('up', upstream.origin) };
  const proxy = await startTestProxy({ resources });
  execFileSync('mkfifo', [path.join(proxy.folder, 'pipe')]);
  await rename(path.join(proxy.folder, 'pipe'), path.join(proxy.folder, 'up.yaml'));
  await waitUntil(() => reasonsIn(proxy).includes('NotAFile'));
  await expectAlive(proxy.port, 'up');
  await proxy.change('other.yaml', httpEndpoint('other', upstream.origin));
  expect(await statusOf(proxy, 'other')).toBe('200');
});

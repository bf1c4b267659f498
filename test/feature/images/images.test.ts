/** The images themselves: what is in them runs, reads nothing else, and comes out the same again. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rootCertificates } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../../examples/run/free-port.ts';
import { buildImages, type BuiltImage } from '../../../images/build-images.ts';
import { programNames } from '../../../images/image-plans.ts';
import { ask } from '../../support/ask.ts';
import { httpEndpoint } from '../../support/http-endpoint.ts';
import { imageCommand } from '../../support/image-command.ts';
import { nodeFlagsOf } from '../../support/node-flags-of.ts';
import { waitUntil } from '../../support/start-test-proxy.ts';
import { startUpstream } from '../../support/start-upstream.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const longestMs = 240_000;
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

/** Of Debian and its packages binutils and curl. */
const missing = ['/usr/bin/dpkg-query', '/usr/bin/strip', '/usr/bin/curl'].filter((program) => !existsSync(program));

/** Apart from dist/images, which a build of another kind may replace meanwhile. */
let folder = '';
let images: readonly BuiltImage[] = [];

describe.skipIf(missing.length > 0)(`images${missing.length > 0 ? ` need ${missing.join(', ')}` : ''}`, () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'farpoint-images-'));
    images = await buildImages({ folder, engine: null });
  }, longestMs);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test.runIf(isRoot).for([65_532, 1_000_730_000])(
    'a proxy starts and answers as user %i, its root read-only',
    async (user) => {
      const upstream = await startUpstream((request, response) => response.end(`seen ${request.url ?? ''}`));
      const port = await freePort();
      const [command = '', ...args] = await imageCommand({
        folder,
        name: 'proxy',
        files: { '/resources/shop.yaml': httpEndpoint('shop', upstream.origin) },
        filesFolder: await temporaryFolder(),
        args: ['--app-id=a', `--dapr-http-port=${port}`, '--enable-metrics=false', '--resources-path=/resources'],
        user,
      });
      const child = spawn(command, args, { stdio: 'inherit' });
      onTestFinished(async () => {
        const exited = once(child, 'exit');
        if (child.exitCode === null && child.kill('SIGKILL')) await exited;
      });
      await waitUntil(() => isReady(port));
      const { status, body } = await ask(port, { path: '/v1.0/invoke/shop/method/items' });
      expect([status, body]).toEqual([200, 'seen /items']);
    },
  );

  test.for(programNames)('every library of %s is in its image', async (name) => {
    const libraries = (await readdir(join(folder, 'base'), { recursive: true })).filter((path) =>
      /\.so\.\d/.test(path),
    );
    const [loader = ''] = libraries.filter((path) => /\/ld-linux/.test(path));
    const [libc = ''] = libraries.filter((path) => path.endsWith('/libc.so.6'));
    const node = join(folder, 'base/usr/local/bin/node');
    const options = ['--inhibit-cache', '--library-path', join(folder, 'base', libc, '..')];
    const { stdout } = await run(join(folder, 'base', loader), [...options, '--list', node], { env: {} });
    const places = [...stdout.matchAll(/ => (\S+)/g)].map(([, place]) => place);
    expect(places.length).toBeGreaterThan(5);
    expect(places.filter((place) => place?.startsWith(folder) !== true && !/\/ld-linux/.test(place ?? ''))).toEqual([]);
    const program = join(folder, name, 'farpoint', `${name}.js`);
    const version = await run(join(folder, 'base', loader), [...options, node, program, '--version'], { env: {} });
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test.for(programNames)('V8 takes what it compiled of %s', async (name) => {
    const heapFlags = name === 'proxy' ? ['--heap-growing-percent=20', '--no-allocation-site-pretenuring'] : [];
    const code = `for (const flag of ${JSON.stringify(heapFlags)}) require('node:v8').setFlagsFromString(flag);
      const [source, cachedData] = ['js', 'v8'].map((end) => fs.readFileSync('${join(folder, name, 'farpoint', name)}.script.' + end));
      console.log(new vm.Script(source.toString('latin1'), { filename: 'any', cachedData }).cachedDataRejected);`;
    const node = join(folder, 'base/usr/local/bin/node');
    const { stdout } = await run(node, [...nodeFlagsOf(join(root, 'cli/main.ts')), '--eval', code], { env: {} });
    expect(stdout).toBe('false\n');
  });

  test.for(programNames)('without compiled code that fits, %s runs, and says so', async (name) => {
    const program = join(folder, name, 'farpoint', `${name}.js`);
    const { stdout, stderr } = await run(
      join(folder, 'base/usr/local/bin/node'),
      ['--no-use-osr', program, '--version'],
      { env: {} },
    );
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(stderr).toContain(`Warning: ${name}.script.v8 does not fit`);
  });

  test('what the public trusts is where node looks for it', async () => {
    const file = await readFile(join(folder, 'base/etc/ssl/cert.pem'), 'utf8');
    expect(file.match(/-----BEGIN CERTIFICATE-----/g)).toHaveLength(rootCertificates.length);
    expect(await readdir(join(folder, 'base/etc/ssl/certs'))).toEqual([]);
  });

  test('the same sources give the same images', { timeout: longestMs }, async () => {
    const again = await buildImages({ folder: await temporaryFolder(), engine: null });
    expect(again.map(({ digest }) => digest)).toEqual(images.map(({ digest }) => digest));
    const [one, other] = await Promise.all([images, again].map(([first]) => readFile(first?.file ?? '')));
    expect(one?.equals(other ?? Buffer.of())).toBe(true);
  });

  test.for(['base', 'proxy', 'operator', 'example'])('nothing in layer %s tells where it was made', async (layer) => {
    const entries = await readdir(join(folder, layer), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    expect(files.length).toBeGreaterThan(1);
    for (const file of files) {
      const bytes = await readFile(file);
      const told = [root, tmpdir() + '/farpoint-', folder].filter((path) => bytes.includes(path));
      expect([file, told]).toEqual([file, []]);
      expect((await stat(file)).mtimeMs).toBe(0);
    }
  });

  test('the image of the proxy takes at most 150 MB', async () => {
    const [proxy] = images;
    expect(proxy?.name).toBe('proxy');
    expect((await stat(proxy?.file ?? '')).size).toBeLessThan(150_000_000);
  });

  test('an archive says what to run, as whom, by the name that clusters use', async () => {
    const [proxy] = images;
    const { stdout: manifest } = await run('tar', ['-xOf', proxy?.file ?? '', 'manifest.json']);
    const [entry] = JSON.parse(manifest) as { Config: string; RepoTags: string[]; Layers: string[] }[];
    expect(entry?.RepoTags).toEqual([proxy?.reference]);
    expect(entry?.Layers).toHaveLength(2);
    const { stdout: config } = await run('tar', ['-xOf', proxy?.file ?? '', entry?.Config ?? '']);
    expect(JSON.parse(config)).toMatchObject({ os: 'linux', config: { User: '65532:65532', WorkingDir: '/' } });
  });

  test('whose work is in an image stands in it', async () => {
    const notices = await readFile(join(folder, 'proxy/farpoint/NOTICES.txt'), 'utf8');
    for (const part of ['Node.js 26', 'undici', 'GNU C Library', 'GCC Runtime Library Exception'])
      expect(notices).toContain(part);
    expect(notices).not.toMatch(/^express /m);
    const ofExample = await readFile(join(folder, 'example/farpoint/NOTICES.txt'), 'utf8');
    for (const part of ['Node.js 26', 'curl', 'GNU C Library']) expect(ofExample).toContain(part);
  });
});

async function isReady(port: number): Promise<boolean> {
  const answer = await ask(port, { path: '/v1.0/healthz' }).catch(() => null);
  return answer?.status === 204;
}

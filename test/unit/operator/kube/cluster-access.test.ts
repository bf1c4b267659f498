/** How the API server is reached: as a pod, or as a kubeconfig says. */
import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { delimiter } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { inClusterAccess } from '../../../../operator/kube/in-cluster-access.ts';
import { loadClusterAccess } from '../../../../operator/kube/kube-config.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { temporaryFolder } from '../../../support/temporary-folder.ts';

const nowhere = { host: '', port: '' };

interface KubeconfigParts {
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly name?: string;
}

function kubeconfig({ cluster = {}, user = {}, name = 'one' }: KubeconfigParts = {}): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name, cluster: { server: `https://${name}.example:6443`, ...cluster } }],
    users: [{ name, user }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    'current-context': name,
  });
}

async function fileWith(text: string, name = 'config'): Promise<string> {
  const path = join(await temporaryFolder(), name);
  await writeFile(path, text);
  return path;
}

function load(paths: string): ReturnType<typeof loadClusterAccess> {
  return loadClusterAccess({ kubeconfig: paths, inCluster: nowhere, clock: new ManualClock() });
}

describe('in a pod', () => {
  async function pod(): Promise<{ readonly folder: string; readonly clock: ManualClock }> {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'token'), 'first\n');
    await writeFile(join(folder, 'ca.crt'), 'CA\n');
    return { folder, clock: new ManualClock() };
  }

  test.each([
    ['10.0.0.1', 'https://10.0.0.1:443'],
    ['fd00::1', 'https://[fd00::1]:443'],
  ])('the server at %s is %s', (host, server) => {
    expect(inClusterAccess({ host, port: '443', folder: '/', clock: new ManualClock() }).server).toBe(server);
  });

  test('the token and the authority are those of the files', async () => {
    const access = inClusterAccess({ host: 'h', port: '443', ...(await pod()) });
    expect(await access.credentials()).toEqual({
      headers: { authorization: 'Bearer first' },
      tls: { ca: 'CA', certificateChain: '', privateKey: '', serverName: '' },
    });
  });

  test('a token that was replaced is used soon, and at once when the old one was not accepted', async () => {
    const { folder, clock } = await pod();
    const access = inClusterAccess({ host: 'h', port: '443', folder, clock });
    await access.credentials();
    await writeFile(join(folder, 'token'), 'second');
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer first' });
    clock.advance(10_000);
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer second' });
    await writeFile(join(folder, 'token'), 'third');
    access.forget();
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer third' });
  });

  test.each(['', '\n'])('a token that is not there yet is a failure that may pass', async (token) => {
    const { folder, clock } = await pod();
    await writeFile(join(folder, 'token'), token);
    const access = inClusterAccess({ host: 'h', port: '443', folder, clock });
    await expect(access.credentials()).rejects.toMatchObject({
      kind: 'transient',
      status: 0,
      message: `${join(folder, 'token')} is empty`,
    });
    await rm(join(folder, 'token'));
    await expect(access.credentials()).rejects.toMatchObject({ message: `${join(folder, 'token')} cannot be read` });
  });

  test('outside of one, without a kubeconfig, there is no way', async () => {
    await expect(load('')).rejects.toMatchObject({
      name: 'ConfigError',
      mistakes: ['--kubeconfig: needed outside of a pod (KUBERNETES_SERVICE_HOST is not set).'],
    });
  });
});

describe('with a kubeconfig', () => {
  test('a token is sent, and the authority is trusted', async () => {
    const ca = Buffer.from('CA').toString('base64');
    const text = kubeconfig({
      cluster: { 'certificate-authority-data': ca, 'tls-server-name': 'api' },
      user: { token: 't' },
    });
    const access = await load(await fileWith(text));
    expect(access.server).toBe('https://one.example:6443');
    expect(await access.credentials()).toEqual({
      headers: { authorization: 'Bearer t' },
      tls: { ca: 'CA', certificateChain: '', privateKey: '', serverName: 'api' },
    });
  });

  test('client certificates are read from files beside it', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'c.pem'), 'CERT');
    await writeFile(join(folder, 'k.pem'), 'KEY');
    await writeFile(
      join(folder, 'config'),
      kubeconfig({ user: { 'client-certificate': 'c.pem', 'client-key': 'k.pem' } }),
    );
    const access = await load(join(folder, 'config'));
    expect(await access.credentials()).toEqual({
      headers: {},
      tls: { ca: '', certificateChain: 'CERT', privateKey: 'KEY', serverName: '' },
    });
  });

  test('an exec plugin is asked', async () => {
    const folder = await temporaryFolder();
    const plugin = join(folder, 'plugin.sh');
    await writeFile(plugin, `#!/bin/sh\necho '{"status":{"token":"from-plugin"}}'\n`);
    await chmod(plugin, 0o700);
    const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: plugin, args: [] };
    const access = await load(await fileWith(kubeconfig({ user: { exec } })));
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer from-plugin' });
  });

  test('what a failing plugin prints is in no error', async () => {
    const folder = await temporaryFolder();
    const plugin = join(folder, 'plugin.sh');
    await writeFile(plugin, '#!/bin/sh\necho hunter2 >&2\nexit 1\n');
    await chmod(plugin, 0o700);
    const path = await fileWith(kubeconfig({ user: { exec: { command: plugin } } }));
    const access = await load(path);
    const error: unknown = await access.credentials().catch((caught: unknown) => caught);
    expect(error).toMatchObject({ kind: 'transient', message: `the credentials of ${path} cannot be read` });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
  });

  test('another file is read when what it said was not accepted', async () => {
    const path = await fileWith(kubeconfig({ user: { token: 'old' } }));
    const access = await load(path);
    await writeFile(path, kubeconfig({ user: { token: 'new' } }));
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer old' });
    access.forget();
    expect((await access.credentials()).headers).toEqual({ authorization: 'Bearer new' });
  });

  test('of several files the first to name a context decides, and those that are not there are left out', async () => {
    const [one, two] = [
      await fileWith(kubeconfig({ user: { token: '1' } })),
      await fileWith(kubeconfig({ name: 'two' })),
    ];
    const access = await load(['/nowhere/config', one, two].join(delimiter));
    expect(access.server).toBe('https://one.example:6443');
  });

  test.each([
    [{ 'insecure-skip-tls-verify': true }, /insecure-skip-tls-verify, and Farpoint never leaves out verification/],
    [{ server: 'http://one.example' }, /names a server without https/],
    [{ 'proxy-url': 'socks5://one.example' }, /has a proxy-url that is neither http nor https/],
  ])('%o is refused', async (cluster, message) => {
    await expect(load(await fileWith(kubeconfig({ cluster })))).rejects.toThrow(message);
  });

  test.each([
    ['no context', 'apiVersion: v1\nkind: Config\n', /has no current context with a cluster/],
    ['nothing', '', /is not a kubeconfig that can be read/],
    ['another text', 'token: [hunter2', /is not a kubeconfig that can be read/],
  ])('a file with %s is refused, and not quoted', async (_, text, message) => {
    const error: unknown = await load(await fileWith(text)).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ name: 'ConfigError', message: expect.stringMatching(message) as string });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('hunter2');
  });

  test('a file that is not there is named', async () => {
    await expect(load('/nowhere/config')).rejects.toThrow('--kubeconfig: there is no file /nowhere/config.');
  });
});

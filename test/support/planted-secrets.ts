/** A folder of manifests full of secrets and mistakes, and the search for those secrets in what the proxy shows. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { documents, endpointManifest, secretManifest } from './tls-manifests.ts';

/** Every secret begins with this; what follows says where it was planted. */
const mark = 'planted-secret';

export function planted(where: string): string {
  return `${mark}-${where}-0xC0FFEE`;
}

/** Environment of a proxy: tokens, a variable for envRef, a proxy with a password. */
export function plantedEnvironment(proxyPort: number): Record<string, string> {
  return {
    DAPR_API_TOKEN: planted('api-token'),
    APP_API_TOKEN: planted('app-token'),
    ZONE: planted('env'),
    HTTPS_PROXY: `http://me:${planted('proxy-password')}@127.0.0.1:${proxyPort}`,
  };
}

export interface PlantedFolder {
  readonly path: string;
  /** Names of every HTTPEndpoint in it. */
  readonly endpoints: readonly string[];
  /** Private keys: each of their lines counts as a secret. */
  readonly keys: readonly string[];
}

export interface PlantedUpstreams {
  /** Answers well. */
  readonly good: string;
  /** Sends the request's own headers back as bytes that are no HTTP. */
  readonly echoing: string;
  /** Speaks TLS with a certificate of an authority that nobody trusts. */
  readonly untrusted: string;
}

/** Writes the manifests: good ones, and one for each way in which one can be broken. */
export async function writePlantedFolder(upstreams: PlantedUpstreams): Promise<PlantedFolder> {
  const authority = await CertificateAuthority.create('Planted Root');
  const one = await authority.issueClient({ name: 'one' });
  const other = await authority.issueClient({ name: 'other' });
  const header = (where: string): Record<string, { value: string }> => ({ Authorization: { value: planted(where) } });
  const withUser = (origin: string): string => origin.replace('://', `://me:${planted('base-url')}@`);
  const endpoints: Record<string, string> = {
    good: endpointManifest({
      name: 'good',
      baseUrl: withUser(upstreams.good),
      headers: { 'X-Inline': { value: planted('inline') }, 'X-Secret': { secret: 'store', key: 'good' } },
    }),
    echoing: endpointManifest({ name: 'echoing', baseUrl: upstreams.echoing, headers: header('echoed') }),
    untrusted: endpointManifest({
      name: 'untrusted',
      baseUrl: withUser(upstreams.untrusted),
      headers: header('untrusted'),
    }),
    closed: endpointManifest({ name: 'closed', baseUrl: withUser('http://127.0.0.1:1'), headers: header('closed') }),
    nowhere: endpointManifest({
      name: 'nowhere',
      baseUrl: withUser('http://nowhere.example'),
      headers: header('nowhere'),
    }),
    tunnelled: endpointManifest({ name: 'tunnelled', baseUrl: 'https://far.example', headers: header('tunnelled') }),
    illegal: endpointManifest({
      name: 'illegal',
      baseUrl: upstreams.good,
      headers: {
        'X-Illegal': { value: `${planted('illegal')}\u0001\nX-Injected: 1` },
        'Bad Name': { value: planted('bad-name') },
      },
    }),
    incomplete: endpointManifest({
      name: 'incomplete',
      baseUrl: upstreams.good,
      headers: { 'X-Secret': { secret: 'store', key: 'no-such-key' }, ...header('incomplete') },
    }),
    mismatch: endpointManifest({
      name: 'mismatch',
      baseUrl: upstreams.untrusted,
      certificate: { value: one.chainPem },
      privateKey: { secret: 'store', key: 'other.key' },
    }),
    keyonly: endpointManifest({
      name: 'keyonly',
      baseUrl: upstreams.untrusted,
      privateKey: { value: one.privateKeyPem },
    }),
    notpem: endpointManifest({ name: 'notpem', baseUrl: upstreams.untrusted, rootCa: { value: planted('not-pem') } }),
    badurl: endpointManifest({ name: 'badurl', baseUrl: `ftp://me:${planted('bad-url')}@host/` }),
    badport: endpointManifest({ name: 'badport', baseUrl: `http://me:${planted('bad-port')}@host:99999/` }),
    badpath: endpointManifest({ name: 'badpath', baseUrl: `http://me:${planted('bad-path')}@host/ space` }),
  };
  const path = join(await temporaryFolder(), 'resources');
  await mkdir(path);
  for (const [name, manifest] of Object.entries(endpoints)) await writeFile(join(path, `${name}.yaml`), manifest);
  const brokenFiles: Record<string, string> = {
    'store.yaml': secretManifest('store', { good: planted('secret'), 'other.key': other.privateKeyPem }),
    'broken.yaml': `kind: Secret\nmetadata: {name: x\ndata: "${planted('broken-yaml')}\n\t- ${planted('broken-yaml')}: [`,
    'base64.yaml': JSON.stringify({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'y' },
      data: { k: `%${planted('base64')}%` },
    }),
    'schema.yaml': JSON.stringify({
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'HTTPEndpoint',
      metadata: { name: 'schema' },
      spec: {
        baseUrl: 7,
        headers: [{ name: { nested: planted('schema') }, value: planted('schema') }],
        clientTLS: planted('schema'),
      },
    }),
    'file.yaml': documents(
      JSON.stringify({
        apiVersion: 'dapr.io/v1alpha1',
        kind: 'Component',
        metadata: { name: 'file' },
        spec: {
          type: 'secretstores.local.file',
          version: 'v1',
          metadata: [{ name: 'secretsFile', value: join(path, 'secrets.txt') }],
        },
      }),
      endpointManifest({
        name: 'fromfile',
        baseUrl: upstreams.good,
        headers: { 'X-K': { secret: 'k', key: 'k' } },
      }).replace('"secretStore":"kubernetes"', '"secretStore":"file"'),
    ),
    'secrets.txt': `{"k": "${planted('broken-json')}", oops ${planted('broken-json')}`,
  };
  for (const [file, text] of Object.entries(brokenFiles)) await writeFile(join(path, file), text);
  return {
    path,
    endpoints: [...Object.keys(endpoints), 'schema', 'fromfile'],
    keys: [one.privateKeyPem, other.privateKeyPem],
  };
}

/** Pieces around a secret that was found in the text: as it is, percent-encoded, in base64 at any offset, in hex, or a line of a key. */
export function findPlanted(text: string, keys: readonly string[]): string[] {
  const base64 = ['', 'x', 'xy'].map((before) => {
    const wholeGroups = Math.floor((before.length + mark.length) / 3) * 4;
    return Buffer.from(`${before}${mark}`)
      .toString('base64')
      .slice(before === '' ? 0 : 4, wholeGroups);
  });
  const keyLines = keys.flatMap((pem) =>
    pem.split('\n').filter((line) => line.length > 30 && !line.startsWith('-----')),
  );
  const needles = [mark, ...base64, Buffer.from(mark).toString('hex'), ...keyLines];
  return needles.flatMap((needle) => {
    const at = text.indexOf(needle);
    return at === -1 ? [] : [text.slice(Math.max(0, at - 100), at + 100)];
  });
}

/** The schemas of crds/ on a real API server: what is taken, what is pruned, what is refused and in which words. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { compile } from '#shared/compile/compile.ts';
import { type ParsedEndpoint, parseHttpEndpoint } from '#shared/resources/parse-http-endpoint.ts';
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import { snapshotOf } from '../support/snapshot-of.ts';
import { httpEndpointManifests, otherManifests } from './support/dapr-manifests.ts';
import type { ControlPlaneClient } from './support/connect-control-plane.ts';
import { httpEndpointDocuments } from './support/http-endpoint-documents.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';

const pluralsByKind: Readonly<Record<string, string>> = {
  HTTPEndpoint: 'httpendpoints',
  Resiliency: 'resiliencies',
  Configuration: 'configurations',
  Component: 'components',
};

let cluster: ControlPlaneClient;
let namespace = '';

beforeAll(async () => {
  cluster = sharedControlPlane();
  namespace = await cluster.createNamespace('crds');
});

afterAll(() => cluster.close());

/** What the API server would keep, or the whole message of its refusal. */
async function post(document: UnknownRecord): Promise<{ kept: UnknownRecord | null; message: string }> {
  const plural = pluralsByKind[String(document['kind'])];
  const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/${plural}?dryRun=All&fieldValidation=Ignore`;
  const { status, body } = await cluster.request<UnknownRecord>({ method: 'POST', path, body: document });
  return status < 300 ? { kept: body, message: '' } : { kept: null, message: String(body['message']) };
}

function endpoint(spec: unknown, rest: UnknownRecord = {}): UnknownRecord {
  return { apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint', metadata: { name: 'x', namespace }, spec, ...rest };
}

function withoutMetadata({ metadata: _metadata, ...rest }: UnknownRecord): UnknownRecord {
  return rest;
}

function documentFrom(yaml: string): UnknownRecord {
  return inNamespace(parse(yaml) as UnknownRecord);
}

function inNamespace(document: UnknownRecord): UnknownRecord {
  return { ...document, metadata: { ...recordFrom(document['metadata']), namespace } };
}

describe('manifests that work with Dapr', () => {
  test.each([...httpEndpointManifests, ...otherManifests])('are taken: $shows', async ({ yaml }) => {
    const { kept, message } = await post(documentFrom(yaml));
    expect(message).toBe('');
    expect(kept).not.toBeNull();
  });

  test.each(otherManifests)('are kept as they are: $shows', async ({ yaml }) => {
    const document = documentFrom(yaml);
    const { kept } = await post(document);
    expect(withoutMetadata(kept ?? {})).toEqual(withoutMetadata(document));
  });

  test('lose the fields that the schema does not have, as in Dapr', async () => {
    const { kept } = await post(
      endpoint(
        {
          version: 'v1',
          baseUrl: 'https://a.example',
          timeout: '5s',
          headers: [{ name: 'A', value: { kept: { as: 'it is' } }, secretKeyRef: { name: 's', namespace: 'n' }, x: 1 }],
          clientTLS: { rootCA: { value: 'PEM', envRef: 'E' }, serverName: 'b.example' },
        },
        { auth: { secretStore: 'kubernetes', x: 1 }, ignoreErrors: true, status: { proxies: '9/9' } },
      ),
    );
    expect(withoutMetadata(kept ?? {})).toEqual({
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'HTTPEndpoint',
      auth: { secretStore: 'kubernetes' },
      spec: {
        baseUrl: 'https://a.example',
        headers: [{ name: 'A', value: { kept: { as: 'it is' } }, secretKeyRef: { name: 's' } }],
        clientTLS: { rootCA: { value: 'PEM' }, renegotiation: 'Never' },
      },
    });
  });

  test('get the default of clientTLS.renegotiation and no other', async () => {
    const bare = await post(endpoint({ baseUrl: 'https://a.example' }));
    expect(bare.kept?.['spec']).toEqual({ baseUrl: 'https://a.example' });
    const withTls = await post(endpoint({ baseUrl: 'https://a.example', clientTLS: {} }));
    expect(recordFrom(withTls.kept?.['spec'])?.['clientTLS']).toEqual({ renegotiation: 'Never' });
  });
});

const url = { baseUrl: 'https://a.example' };
const notAbsolute =
  'spec.baseUrl: Invalid value: must begin with http:// or https:// and name a host, and a port only as a number';
const pair = 'a client needs both or neither';

describe('an HTTPEndpoint that could never work is refused', () => {
  test.each([
    ['no baseUrl', {}, 'spec.baseUrl: Required value'],
    ['an empty baseUrl', { baseUrl: '' }, notAbsolute],
    ['a relative baseUrl', { baseUrl: '/v1' }, notAbsolute],
    ['a baseUrl without scheme', { baseUrl: 'api.example.com:443' }, notAbsolute],
    ['another scheme', { baseUrl: 'ftp://a.example' }, notAbsolute],
    ['a baseUrl without host', { baseUrl: 'https:///v1' }, notAbsolute],
    ['a baseUrl with a port alone', { baseUrl: 'https://:443' }, notAbsolute],
    ['a baseUrl with user information alone', { baseUrl: 'https://user@/v1' }, notAbsolute],
    ['a port that is no number', { baseUrl: 'https://a.example:https' }, notAbsolute],
    [
      'a query',
      { baseUrl: 'https://a.example/v1?key=1' },
      'spec.baseUrl: Invalid value: must have no query; a call brings its own',
    ],
    [
      'a fragment',
      { baseUrl: 'https://a.example/#top' },
      'spec.baseUrl: Invalid value: must have no fragment (#): it would never be sent',
    ],
    [
      'a header name with a space',
      { ...url, headers: [{ name: 'Fine' }, { name: 'X Zone' }] },
      "spec.headers[1].name: Invalid value: must be a header name: letters, digits and !#$%&'*+-.^_`|~, and no space",
    ],
    [
      'an empty header name',
      { ...url, headers: [{ name: '' }] },
      'spec.headers[0].name: Invalid value: must be a header',
    ],
    ['a header name with a line break', { ...url, headers: [{ name: 'A\nB' }] }, 'must be a header name'],
    ['a header without name', { ...url, headers: [{ value: 'x' }] }, 'spec.headers[0].name: Required value'],
    [
      'privateKey without certificate',
      { ...url, clientTLS: { privateKey: { value: 'PEM' } } },
      `spec.clientTLS: Invalid value: privateKey is given without certificate; ${pair}`,
    ],
    [
      'certificate without privateKey',
      { ...url, clientTLS: { certificate: { secretKeyRef: { name: 's' } } } },
      `spec.clientTLS: Invalid value: certificate is given without privateKey; ${pair}`,
    ],
    [
      'an unknown renegotiation',
      { ...url, clientTLS: { renegotiation: 'Always' } },
      'spec.clientTLS.renegotiation: Unsupported value',
    ],
    [
      'a secretKeyRef without name',
      { ...url, headers: [{ name: 'A', secretKeyRef: { key: 'k' } }] },
      'spec.headers[0].secretKeyRef.name: Required value',
    ],
  ])('%s', async (_what, spec, sentence) => {
    const { kept, message } = await post(endpoint(spec));
    expect(kept).toBeNull();
    // The API server puts the value, which is the user's own, before the sentence.
    expect(message.replaceAll(/Invalid value: ("(?:[^"\\]|\\.)*"): /g, 'Invalid value: ')).toContain(sentence);
  });

  test('and every mistake is said at once', async () => {
    const { message } = await post(
      endpoint({ baseUrl: 'ftp://a?b#c', headers: [{ name: ' ' }], clientTLS: { certificate: {} } }),
    );
    for (const part of ['must begin with', 'no query', 'no fragment', 'must be a header name', pair]) {
      expect(message).toContain(part);
    }
  });
});

describe('the API server and shared/resources', () => {
  test.each(httpEndpointManifests)('read the same: $shows', async ({ yaml }) => {
    const document = documentFrom(yaml);
    const { kept } = await post(document);
    expect(parsed(kept ?? {})).toEqual(parsed(document));
    expect(parsed(document).state).toBe('valid');
  });

  test('read the same whatever the manifest holds, and agree on what its schema refuses', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(httpEndpointDocuments(), async (made) => {
        const document = inNamespace(made);
        const { kept, message } = await post(document);
        const here = parsed(document);
        if (kept !== null) {
          taken += 1;
          expect(parsed(kept)).toEqual(here);
          expect(here.state).toBe('valid');
        } else if (here.state === 'valid') {
          // Only a rule may refuse what the schema takes; shared/compile finds the same mistake.
          expect(message).toMatch(/must begin with|must have no|must be a header name|both or neither/);
          expect(reasonsFor(document)).toMatch(
            /InvalidBaseUrl|InvalidHeader|(Certificate|PrivateKey)Missing|TlsNotUsed/,
          );
        }
      }),
      { numRuns: 300 },
    );
    expect(taken).toBeGreaterThan(20);
  });
});

function parsed(document: UnknownRecord): ParsedEndpoint {
  return parseHttpEndpoint({ document, location: '' });
}

/** What a folder with this manifest in it would be told. */
function reasonsFor({ scopes: _scopes, ...document }: UnknownRecord): string {
  const { problems } = compile(snapshotOf(JSON.stringify(document)), { appId: 'orders', namespace: '' });
  return problems.map(({ reason }) => reason).join(' ');
}

describe('kubectl', () => {
  test('shows the columns under the short name', async () => {
    await cluster.apply(JSON.stringify(endpoint(url)), { namespace });
    const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints/x/status`;
    const condition = (type: string, status: string): UnknownRecord => ({
      type,
      status,
      reason: 'Test',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    });
    const status = { proxies: '2/3', conditions: [condition('Accepted', 'True'), condition('ResolvedRefs', 'False')] };
    const contentType = 'application/merge-patch+json';
    await cluster.mustRequest({ method: 'PATCH', path, body: { status }, contentType });
    const { stdout } = await cluster.kubectl(['get', 'hep', `--namespace=${namespace}`]);
    const [head = '', row = ''] = stdout.trim().split('\n');
    expect(head.split(/\s+/)).toEqual(['NAME', 'URL', 'ACCEPTED', 'RESOLVED', 'PROXIES', 'AGE']);
    expect(row.split(/\s+/).slice(0, 5)).toEqual(['x', 'https://a.example', 'True', 'False', '2/3']);
  });

  test('finds every kind in the category farpoint', async () => {
    for (const { yaml } of [...httpEndpointManifests.slice(1), ...otherManifests]) {
      await cluster.apply(yaml, { namespace });
    }
    const { stdout } = await cluster.kubectl(['get', 'farpoint', `--namespace=${namespace}`, '--output=name']);
    for (const plural of ['component', 'configuration', 'httpendpoint', 'resiliency']) {
      expect(stdout).toContain(`${plural}.dapr.io/`);
    }
  });

  test.each([
    'hep.spec.clientTLS.privateKey',
    'resiliencies.spec.targets.apps',
    'configurations.spec.metrics',
    'hep.status',
  ])('explains %s', async (field) => {
    const { stdout, code } = await cluster.kubectl(['explain', '--api-version=dapr.io/v1alpha1', field]);
    expect(code).toBe(0);
    expect(stdout).toContain('DESCRIPTION:');
    expect(stdout).not.toContain('<empty>');
  });
});

test.each(['httpendpoints', 'resiliencies'])('the status of %s is written apart from the rest', async (plural) => {
  const path = `/apis/dapr.io/v1alpha1/namespaces/${namespace}/${plural}`;
  const kind = plural === 'httpendpoints' ? 'HTTPEndpoint' : 'Resiliency';
  const spec = kind === 'HTTPEndpoint' ? url : { policies: {}, targets: {} };
  const document = { apiVersion: 'dapr.io/v1alpha1', kind, metadata: { name: 'apart' }, spec };
  const created = await cluster.mustRequest<UnknownRecord>({ path, body: document });
  const observed = { status: { observedGeneration: 1 } };
  const written = await cluster.mustRequest<UnknownRecord>({
    method: 'PUT',
    path: `${path}/apart/status`,
    body: { ...created, spec: { ...spec, baseUrl: 'https://other.example' }, ...observed },
  });
  expect(written).toMatchObject({ spec, metadata: { generation: 1 }, ...observed });
});

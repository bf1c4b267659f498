/** The real API server asks the operator about objects of ours: what kubectl apply is told, and what is never in anybody's way. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../examples/certificates/certificate-authority.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import { startWebhookSite } from './support/webhook-site.ts';

const client = sharedControlPlane();
afterAll(() => client.close());

let certificatePem = '';

beforeAll(async () => {
  const authority = await CertificateAuthority.create('upstreams');
  ({ certificatePem } = authority);
});

interface Said {
  readonly code: number | null;
  readonly said: string;
}

async function apply(namespace: string, document: object, flags: readonly string[] = []): Promise<Said> {
  const args = ['apply', `-n=${namespace}`, '-f', '-', ...flags];
  const { code, stdout, stderr } = await client.kubectl(args, { stdin: JSON.stringify(document) });
  return { code, said: stdout + stderr };
}

function endpoint(spec: object, more: object = {}): object {
  return { apiVersion: 'dapr.io/v1alpha1', kind: 'HTTPEndpoint', metadata: { name: 'far' }, spec, ...more };
}

const url = { baseUrl: 'https://far.example' };
const brokenCa = { clientTLS: { rootCA: { value: 'no certificate' } } };

describe('kubectl apply', () => {
  test('of an HTTPEndpoint that can never work is refused with its sentences', async () => {
    const { namespace } = await startWebhookSite(client);
    const headers = [
      { name: 'A', value: 'one\ntwo' },
      { name: 'B', envRef: 'DAPR_API_TOKEN' },
    ];
    const { code, said } = await apply(namespace, endpoint({ ...url, ...brokenCa, headers }));
    expect(code).toBe(1);
    expect(said).toContain('admission webhook "validator.farpoint.dev" denied the request: ');
    expect(said).toContain('there is no PEM certificate in it');
    expect(said).toContain('header A: its value holds a line break');
    expect(said).toContain('environment variable DAPR_API_TOKEN may not be used by resources');
    expect(said).not.toContain('one');
  });

  test('of what is legal but doubtful is warned of', async () => {
    const { namespace } = await startWebhookSite(client);
    const doubtful = endpoint(
      { baseUrl: 'http://far.example', clientTLS: { rootCA: { value: certificatePem } } },
      { scopes: ['orders', 'Not_An_App'], auth: { secretStore: 'vault' } },
    );
    const { code, said } = await apply(namespace, doubtful);
    expect(code).toBe(0);
    expect(said).toContain('Warning: clientTLS has no effect: baseUrl begins with http://');
    expect(said).toContain('Warning: scopes[1] matches no pod: "Not_An_App" is not an app id');
    expect(said).not.toContain('scopes[0]');
  });

  test('of a reference to a Secret or a store that is not there yet is taken', async () => {
    const { namespace } = await startWebhookSite(client);
    const headers = [{ name: 'A', secretKeyRef: { name: 'later', key: 'token' } }];
    expect(await apply(namespace, endpoint({ ...url, headers }))).toEqual({
      code: 0,
      said: 'httpendpoint.dapr.io/far created\n',
    });
    const { code, said } = await apply(namespace, endpoint({ ...url, headers }, { auth: { secretStore: 'vault' } }));
    expect(code).toBe(0);
    expect(said).toContain(`Warning: header A: there is no secret store vault in namespace ${namespace}`);
  });

  test('of the other kinds: a Configuration that closes every proxy, a store that is not read, a Resiliency', async () => {
    const { namespace } = await startWebhookSite(client);
    const of = (kind: string, spec: object): object => ({
      apiVersion: 'dapr.io/v1alpha1',
      kind,
      metadata: { name: 'x' },
      spec,
    });
    const handlers = [{ name: 'limit', type: 'middleware.http.ratelimit' }];
    const configuration = await apply(namespace, of('Configuration', { httpPipeline: { handlers } }));
    expect(configuration).toMatchObject({ code: 0 });
    const wrong = await apply(namespace, of('Configuration', { metrics: { latencyDistributionBuckets: ['fast'] } }));
    expect(wrong.code).not.toBe(0);
    const store = await apply(namespace, of('Component', { type: 'secretstores.local.file', version: 'v1' }));
    expect(store).toMatchObject({ code: 0, said: expect.stringContaining('Warning: spec.type') as string });
    const resiliency = await apply(namespace, of('Resiliency', { policies: {}, targets: {} }));
    expect(resiliency).toEqual({ code: 0, said: 'resiliency.dapr.io/x created\n' });
  });
});

describe('an object that was broken before anybody checked', () => {
  test('may get labels, be mended and be deleted, and gets no other mistake', async () => {
    const site = await startWebhookSite(client);
    const { namespace } = site;
    await site.operator.stop();
    expect(await apply(namespace, endpoint({ ...url, ...brokenCa }))).toMatchObject({ code: 0 });
    await site.start();

    const labelled = await client.kubectl(['label', 'hep', 'far', 'team=a', `-n=${namespace}`]);
    expect(labelled).toMatchObject({ code: 0, stderr: expect.stringContaining('Warning: clientTLS.rootCA') as string });
    const headers = [{ name: 'A', value: 'one\ntwo' }];
    const worse = await apply(namespace, endpoint({ ...url, ...brokenCa, headers }));
    expect(worse.said).toContain('denied the request: header A: its value holds a line break');
    expect(worse.said).not.toContain('denied the request: clientTLS');
    expect(await apply(namespace, endpoint(url))).toEqual({ code: 0, said: 'httpendpoint.dapr.io/far configured\n' });
    expect(await client.kubectl(['delete', 'hep', 'far', `-n=${namespace}`])).toMatchObject({ code: 0 });
  });
});

test('while no operator runs everything is taken', async () => {
  const site = await startWebhookSite(client);
  await site.operator.stop();
  expect(await apply(site.namespace, endpoint({ ...url, ...brokenCa }))).toMatchObject({ code: 0 });
});

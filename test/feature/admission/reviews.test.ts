/** What the API server is answered, over TLS, for each kind of question. */
import { describe, expect, test } from 'vitest';
import { parseComponent, type Component } from '#shared/resources/component.ts';
import { parseResiliency } from '#shared/resources/parse-resiliency.ts';
import type { Resiliency } from '#shared/resources/resiliency.ts';
import type { Surroundings } from '../../../operator/admission/findings.ts';
import type { PatchOperation } from '../../../operator/inject/json-patch.ts';
import {
  askAdmission,
  review,
  reviewText,
  startTestAdmissionServer,
  type ReviewResponse,
} from '../../support/start-test-admission-server.ts';

const annotated = { 'dapr.io/enabled': 'true', 'dapr.io/app-id': 'orders' };
const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: 'orders-1', uid: 'uid-rs', controller: true };

function pod(annotations: Readonly<Record<string, unknown>>, containerName = 'app'): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { generateName: 'orders-', annotations, ownerReferences: [owner] },
    spec: { containers: [{ name: containerName, image: 'app:1' }] },
  };
}

function patchOf({ patch = '' }: ReviewResponse): readonly PatchOperation[] {
  return JSON.parse(Buffer.from(patch, 'base64').toString()) as readonly PatchOperation[];
}

describe('/inject', () => {
  test('answers with a patch', async () => {
    const server = await startTestAdmissionServer();
    const answer = await review(server, '/inject', { object: pod(annotated) });
    expect(answer).toMatchObject({ uid: 'uid-1', allowed: true, patchType: 'JSONPatch' });
    expect(patchOf(answer).map(({ path }) => path)).toContain('/spec/initContainers');
    expect(Object.fromEntries(server.counted)).toEqual({ 'injectionDecided injected': 1, injectionTook: 1 });
    expect(server.events).toEqual([]);
  });

  test.each([
    ['asks for no proxy', { object: pod({}) }, 'NotEnabled'],
    ['is not about a Pod', { object: { data: {} }, kind: 'ConfigMap' }, 'NotAPod'],
    ['is a deletion', { oldObject: pod(annotated), operation: 'DELETE' }, 'NotAPod'],
    ['is an update', { object: pod(annotated), oldObject: pod({}), operation: 'UPDATE' }, 'NotAPod'],
    ['is about a part of a Pod', { object: pod(annotated), subResource: 'ephemeralcontainers' }, 'NotAPod'],
    ['has no object', {}, 'NotAPod'],
  ])('lets pass, and says nothing, what %s', async (_, fields, reason) => {
    const server = await startTestAdmissionServer();
    expect(await review(server, '/inject', fields)).toEqual({ uid: 'uid-1', allowed: true });
    expect(server.counted.get(`injectionDecided skipped ${reason}`)).toBe(1);
    expect(server.events).toEqual([]);
  });

  test('refuses with every sentence, and tells the controller, but not of a dry run', async () => {
    const server = await startTestAdmissionServer();
    const object = pod({ ...annotated, 'dapr.io/app-port': 'x', 'dapr.io/metrics-port': 'y' });
    const dry = await review(server, '/inject', { object, dryRun: true });
    expect(server.events).toEqual([]);
    const answer = await review(server, '/inject', { object });
    expect(answer).toEqual(dry);
    expect(answer).toMatchObject({ allowed: false, status: { code: 422, status: 'Failure', reason: 'Invalid' } });
    expect(answer.status?.message).toMatch(/^annotation dapr\.io\/.*\("x"\).*; annotation dapr\.io\/.*\("y"\).*[^.]$/);
    expect(server.events).toMatchObject([{ reason: 'PodRefused', namespace: 'shop', pod: object }]);
  });

  test('tells the controller what is doubtful, for it shows no warning to anybody, but not of a dry run', async () => {
    const server = await startTestAdmissionServer();
    const object = pod({ ...annotated, 'dapr.io/enable-debug': 'true', 'farpoint.dev/enabld': 'yes' });
    const dry = await review(server, '/inject', { object, dryRun: true });
    expect(server.events).toEqual([]);
    expect(await review(server, '/inject', { object })).toEqual(dry);
    const warnings = dry.warnings ?? [];
    expect(warnings).toHaveLength(2);
    expect(server.events).toMatchObject(
      warnings.map((note) => ({ reason: 'InjectionDoubtful', namespace: 'shop', pod: object, note })),
    );
  });

  test('warns of a Configuration that is not there, and injects all the same: it may come later', async () => {
    const hasConfiguration = (namespace: string, name: string): boolean => `${namespace}/${name}` === 'shop/strict';
    const server = await startTestAdmissionServer({ tools: { hasConfiguration } });
    const ask = (config: string): Promise<ReviewResponse> =>
      review(server, '/inject', { object: pod({ ...annotated, 'dapr.io/config': config }) });
    expect((await ask('strict')).warnings ?? []).toEqual([]);
    const answer = await ask('strcit');
    expect(answer).toMatchObject({
      allowed: true,
      warnings: ['there is no Configuration strcit in namespace shop: the proxy refuses calls until there is.'],
    });
    expect(patchOf(answer)).not.toEqual([]);
  });

  test.each([
    ['another proxy is there', [], pod(annotated, 'daprd'), 'OtherProxy', 1],
    ['nothing is injected', ['--proxy-image='], pod(annotated), 'InjectionOff', 1],
    ['nobody serves the namespace', ['--watch-namespaces=other'], pod(annotated), 'NamespaceNotServed', 0],
  ])('warns that a Pod goes without: %s', async (_, flags, object, reason, events) => {
    const server = await startTestAdmissionServer({ flags });
    const answer = await review(server, '/inject', { object });
    expect(answer).toMatchObject({ allowed: true, warnings: [expect.stringContaining('the pod gets no proxy: ')] });
    expect(answer.patch).toBeUndefined();
    expect(server.counted.get(`injectionDecided skipped ${reason}`)).toBe(1);
    expect(server.events).toHaveLength(events);
  });

  test('answers 500 when something of ours is wrong, so that the API server does what it was told for that case', async () => {
    const server = await startTestAdmissionServer({
      tools: { options: () => Promise.reject(new Error('not as planned')) },
    });
    const answer = await askAdmission(server, '/inject', reviewText({ object: pod(annotated) }));
    expect(answer).toMatchObject({ status: 500, body: '{"code":"internal","message":"internal error"}\n' });
    expect(server.lines).toMatchObject([{ level: 'error', fields: { server: 'webhooks' } }]);
    expect(server.counted.get('injectionDecided failed')).toBe(1);
    expect(server.counted.get('reviewRefused internal')).toBe(1);
  });
});

const endpoint = (spec: object, metadata: object = { name: 'far', namespace: 'shop' }): object => ({
  apiVersion: 'dapr.io/v1alpha1',
  kind: 'HTTPEndpoint',
  metadata,
  spec,
});
const url = { baseUrl: 'https://far.example' };
const broken = endpoint({ ...url, headers: [{ name: 'A', value: 'a\nb' }] });

describe('/validate', () => {
  test('refuses what can never work', async () => {
    const server = await startTestAdmissionServer();
    const answer = await review(server, '/validate', { kind: 'HTTPEndpoint', object: broken });
    expect(answer).toMatchObject({ allowed: false, status: { code: 422 } });
    expect(answer.status?.message).toContain('header A: its value holds a line break');
    expect(server.counted.get('validated HTTPEndpoint denied')).toBe(1);
  });

  test('takes what is right, also before its name is generated', async () => {
    const server = await startTestAdmissionServer();
    const object = endpoint(url, { generateName: 'far-', namespace: 'shop' });
    expect(await review(server, '/validate', { kind: 'HTTPEndpoint', object })).toEqual({
      uid: 'uid-1',
      allowed: true,
    });
    expect(server.counted.get('validated HTTPEndpoint allowed')).toBe(1);
  });

  test.each([
    ['that changes nothing of what was wrong', { operation: 'UPDATE', object: broken, oldObject: broken }],
    ['that mends it', { operation: 'UPDATE', object: endpoint(url), oldObject: broken }],
    ['of something that is being deleted', { operation: 'UPDATE', object: leaving(), oldObject: endpoint(url) }],
    ['that is a deletion', { operation: 'DELETE', oldObject: broken }],
    ['of its status', { operation: 'UPDATE', object: broken, oldObject: endpoint(url), subResource: 'status' }],
  ])('never refuses a change %s', async (_, fields) => {
    const server = await startTestAdmissionServer();
    expect((await review(server, '/validate', { kind: 'HTTPEndpoint', ...fields })).allowed).toBe(true);
  });

  test('looks at nothing else', async () => {
    const server = await startTestAdmissionServer();
    for (const kind of ['Pod', 'Subscription', 'constructor', '__proto__', 'toString']) {
      expect(await review(server, '/validate', { kind, object: broken })).toEqual({ uid: 'uid-1', allowed: true });
    }
    expect(server.counted.size).toBe(0);
  });

  test('keeps digits of numbers that stand where a text may', async () => {
    const server = await startTestAdmissionServer();
    const text = reviewText({ kind: 'HTTPEndpoint', object: endpoint({ ...url, headers: [{ name: 'A', value: 7 }] }) });
    const long = text.replace('"value":7', '"value":12345678901234567890');
    const { status, body } = await askAdmission(server, '/validate', long);
    expect(status).toBe(200);
    expect(body).toContain('"allowed":true');
  });
});

function leaving(): object {
  return { ...broken, metadata: { name: 'far', namespace: 'shop', deletionTimestamp: '2026-01-01T00:00:00Z' } };
}

describe('/validate, of what options are made of,', () => {
  const of = (kind: string, spec: unknown, more: object = {}): object => ({
    apiVersion: 'dapr.io/v1alpha1',
    kind,
    metadata: { name: 'x', namespace: 'shop' },
    spec,
    ...more,
  });
  const limit = {
    type: 'middleware.http.ratelimit',
    version: 'v1',
    metadata: [{ name: 'maxRequestsPerSecond', value: '10' }],
  };

  async function ask(kind: string, object: object, around: Partial<Surroundings> = {}): Promise<ReviewResponse> {
    return review(await startTestAdmissionServer({ around }), '/validate', { kind, object });
  }

  test('refuses policies and targets of a Resiliency that cannot be read, by their fields', async () => {
    const policies = { timeouts: { t: 'soon' }, circuitBreakers: { b: { trip: 'always >' } } };
    const answer = await ask('Resiliency', of('Resiliency', { policies, targets: {} }));
    expect(answer).toMatchObject({ allowed: false, status: { code: 422 } });
    expect(answer.status?.message).toContain('spec.policies.timeouts.t is left out');
    expect(answer.status?.message).toContain('spec.policies.circuitBreakers.b is left out');
  });

  test('warns of a policy that no Resiliency of the namespace has', async () => {
    const targets = { apps: { github: { timeout: 'short', retry: 'twice' } } };
    const object = of('Resiliency', { policies: { timeouts: { short: '1s' } }, targets });
    const others = resiliency('y', { policies: { retries: { twice: { maxRetries: 2 } } }, targets: {} });
    expect(await ask('Resiliency', object, { resiliencies: () => [] })).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('the retry policy "twice" does not exist') as string],
    });
    expect(await ask('Resiliency', object, { resiliencies: () => [others] })).toEqual({ uid: 'uid-1', allowed: true });
    // Nothing is doubted while the others are not known.
    expect(await ask('Resiliency', object)).toEqual({ uid: 'uid-1', allowed: true });
  });

  test('warns of a middleware that only Dapr can use, by its settings or its type', async () => {
    const opa = { type: 'middleware.http.opa', version: 'v1', metadata: [{ name: 'rego', value: 'package http' }] };
    expect(await ask('Component', of('Component', opa))).toMatchObject({
      allowed: true,
      warnings: [expect.stringMatching(/^url is missing.*; whatever a pipeline guards with it is refused$/) as string],
    });
    const wasm = { type: 'middleware.http.wasm', version: 'v1', metadata: [] };
    expect(await ask('Component', of('Component', wasm))).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('is refused') as string],
    });
    expect(await ask('Component', of('Component', limit))).toEqual({ uid: 'uid-1', allowed: true });
  });

  test('takes a secret that is not there, warns of a store that is not, and refuses a variable that nobody may use', async () => {
    const secret = [{ name: 'maxRequestsPerSecond', secretKeyRef: { name: 'later', key: 'limit' } }];
    const object = of('Component', { ...limit, metadata: secret }, { auth: { secretStore: 'vault' } });
    expect(await ask('Component', object)).toEqual({ uid: 'uid-1', allowed: true });
    expect(await ask('Component', object, { secretStoreKind: () => 'unknown' })).toMatchObject({
      allowed: true,
      warnings: [expect.stringContaining('there is no secret store vault in namespace shop') as string],
    });
    const variable = [{ name: 'maxRequestsPerSecond', envRef: 'DAPR_API_TOKEN' }];
    const answer = await ask('Component', of('Component', { ...limit, metadata: variable }));
    expect(answer.status?.message).toContain('environment variable DAPR_API_TOKEN may not be used');
  });

  test('warns of handlers that lead nowhere', async () => {
    const handlers = [
      { name: 'limit', type: 'middleware.http.ratelimit' },
      { name: 'guest', type: 'middleware.http.wasm' },
    ];
    const object = of('Configuration', { httpPipeline: { handlers } });
    const { warnings = [] } = await ask('Configuration', object, { middleware: () => [] });
    expect(warnings).toEqual([
      expect.stringContaining('spec.httpPipeline: handler limit: no middleware Component named limit') as string,
      expect.stringContaining('spec.httpPipeline: handler guest: ') as string,
    ]);
    expect((await ask('Configuration', object)).warnings).toHaveLength(1);
    const known = component('limit', limit);
    expect((await ask('Configuration', object, { middleware: () => [known] })).warnings).toHaveLength(1);
  });

  function resiliency(name: string, spec: object): Resiliency {
    const document = { kind: 'Resiliency', metadata: { name, namespace: 'shop' }, spec };
    const parsed = parseResiliency({ document, location: '' });
    if (parsed.resiliency === null) throw new Error(parsed.problem.message);
    return parsed.resiliency;
  }

  function component(name: string, spec: object): Component {
    const parsed = parseComponent({
      document: { kind: 'Component', metadata: { name, namespace: 'shop' }, spec },
      location: '',
    });
    if (parsed.component === null) throw new Error(parsed.problem.message);
    return parsed.component;
  }
});

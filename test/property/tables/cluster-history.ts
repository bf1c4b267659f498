/** Random histories of a small cluster: two namespaces, a few names, everything that can happen to them. */
import fc from 'fast-check';
import type { ProxyAudience } from '../../../operator/tables/audience-table.ts';
import type { ClusterFeed, FeedObject } from '../../support/cluster-feed.ts';
import { configurationObject, endpointObject, secretHeader, secretObject } from '../../support/cluster-objects.ts';

export const namespaces = ['shop', 'bank'];
export const apps = ['orders', 'payments', 'refunds'];

/** Everybody there is. */
export const audiences: readonly ProxyAudience[] = namespaces.flatMap((namespace) =>
  apps.flatMap((appId) => ['', 'strict', 'open'].map((configuration) => ({ namespace, appId, configuration }))),
);

export type HistoryStep =
  | { readonly kind: 'flush' }
  | { readonly kind: 'change'; readonly change: (feed: ClusterFeed) => void };

const namespace = fc.constantFrom(...namespaces);
const secretName = fc.constantFrom('s0', 's1', 's2');
const scopes = fc.oneof(fc.constant([]), fc.subarray(apps, { minLength: 1 }));

/** What the Secret holds says where it is from, so that it can be found where it must not be. */
export function secretText(of: { readonly namespace: string; readonly name: string }, version: number): string {
  return `S3CR3T<${of.namespace}/${of.name}/${version}>`;
}

function rarely<Value>(value: Value, otherwise: fc.Arbitrary<Value>): fc.Arbitrary<Value> {
  return fc.oneof({ weight: 1, arbitrary: fc.constant(value) }, { weight: 11, arbitrary: otherwise });
}

const endpoint = fc
  .record({
    name: fc.constantFrom('e0', 'e1', 'e2', 'e3'),
    namespace,
    scopes,
    secrets: fc.uniqueArray(secretName, { maxLength: 2 }),
    baseUrl: rarely('nowhere', fc.constantFrom('https://one.example', 'https://two.example/v1')),
    isBroken: rarely(true, fc.constant(false)),
    secretStore: rarely('cluster', fc.constantFrom(undefined, 'kubernetes')),
  })
  .map(({ name, secrets, isBroken, secretStore, ...fields }) =>
    endpointObject(name, {
      ...fields,
      ...(secretStore === undefined ? {} : { secretStore }),
      headers: [
        // Whom it is for, at the time of writing.
        { name: 'X-For', value: `for ${fields.namespace} ${fields.scopes.join(' ')}` },
        { name: 'X-Zone', envRef: 'ZONE' },
        ...secrets.map((secret) => secretHeader(secret, 'k', `H-${secret}`)),
        ...(isBroken ? [{ value: 'no name' }] : []),
      ],
    }),
  );

/** It says for whom it is, as endpoints do, and takes one secret. */
const middleware = fc
  .record({
    name: fc.constantFrom('m0', 'm1'),
    namespace,
    scopes,
    secret: secretName,
    secretStore: rarely('cluster', fc.constantFrom('', 'kubernetes')),
    scope: rarely('', fc.constantFrom('read', 'write')),
  })
  .map(({ name, namespace: at, scopes: own, secret, secretStore, scope }): FeedObject => ({
    kind: 'Component',
    metadata: { name, namespace: at },
    scopes: own,
    ...(secretStore === '' ? {} : { auth: { secretStore } }),
    spec: {
      type: 'middleware.http.oauth2clientcredentials',
      metadata: [
        { name: 'clientId', value: `for ${at} ${own.join(' ')}` },
        { name: 'clientSecret', secretKeyRef: { name: secret, key: 'k' } },
        { name: 'scopes', value: scope },
        { name: 'tokenURL', value: 'https://login.example/token' },
        { name: 'headerName', value: 'authorization' },
      ],
    },
  }));

const resiliency = fc
  .record({
    name: fc.constantFrom('r0', 'r1'),
    namespace,
    scopes,
    timeout: fc.constantFrom('1s', '2s', 'soon'),
    target: fc.constantFrom('e0', 'e1'),
    named: fc.constantFrom('r0', 'r1'),
  })
  .map(({ name, namespace: at, scopes: own, timeout, target, named }): FeedObject => ({
    kind: 'Resiliency',
    metadata: { name, namespace: at },
    scopes: own,
    // The policy may be the other one's.
    spec: { policies: { timeouts: { [name]: timeout } }, targets: { apps: { [target]: { timeout: named } } } },
  }));

const secretChange = fc.record({
  name: secretName,
  namespace,
  version: fc.nat(2),
  key: rarely('other', fc.constant('k')),
});

const change: fc.Arbitrary<(feed: ClusterFeed) => void> = fc.oneof(
  { weight: 5, arbitrary: endpoint.map((object) => (feed: ClusterFeed) => feed.apply(object)) },
  { weight: 2, arbitrary: endpoint.map((object) => (feed: ClusterFeed) => feed.delete(object)) },
  {
    weight: 4,
    arbitrary: secretChange.map(
      ({ key, version, ...of }) =>
        (feed: ClusterFeed) =>
          feed.apply(secretObject(of.name, { [key]: secretText(of, version) }, of.namespace)),
    ),
  },
  {
    weight: 2,
    arbitrary: secretChange.map((of) => (feed: ClusterFeed) => feed.delete(secretObject(of.name, {}, of.namespace))),
  },
  ...[middleware, resiliency].flatMap((kind) => [
    { weight: 2, arbitrary: kind.map((object) => (feed: ClusterFeed) => feed.apply(object)) },
    { weight: 1, arbitrary: kind.map((object) => (feed: ClusterFeed) => feed.delete(object)) },
  ]),
  {
    weight: 1,
    arbitrary: fc
      .record({ namespace, deniedSecrets: fc.subarray(['s0', 's1']), isStrict: fc.boolean() })
      .map(({ deniedSecrets, isStrict, namespace: at }) => {
        const object = isStrict
          ? strictConfiguration(at, deniedSecrets)
          : configurationObject('open', { httpPipeline: guards }, at);
        return (feed: ClusterFeed) => feed.apply(object);
      }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ namespace, type: fc.constantFrom('secretstores.kubernetes', 'secretstores.vault') })
      .map(({ type, ...of }) => {
        const object = { kind: 'Component', metadata: { name: 'cluster', ...of }, spec: { type } };
        return (feed: ClusterFeed) => feed.apply(object);
      }),
  },
);

/** `pending`: Secrets may also be unknown for a while. */
export function history({ hasPending }: { readonly hasPending: boolean }): fc.Arbitrary<readonly HistoryStep[]> {
  const pending = secretChange.map(
    ({ name, namespace: at }) =>
      (feed: ClusterFeed): void =>
        feed.setReading({ name, namespace: at }, { state: 'pending' }),
  );
  const step: fc.Arbitrary<HistoryStep> = fc.oneof(
    { weight: 3, arbitrary: fc.constant<HistoryStep>({ kind: 'flush' }) },
    { weight: 8, arbitrary: change.map((made): HistoryStep => ({ kind: 'change', change: made })) },
    { weight: hasPending ? 1 : 0, arbitrary: pending.map((made): HistoryStep => ({ kind: 'change', change: made })) },
  );
  return fc.array(step, { minLength: 10, maxLength: 40, size: 'max' }).map((steps) => [...beginning, ...steps]);
}

/** Every Secret is there, and a Configuration that denies one. */
const beginning: readonly HistoryStep[] = namespaces.flatMap((at) => [
  ...['s0', 's1', 's2'].map((name): HistoryStep => {
    const object = secretObject(name, { k: secretText({ namespace: at, name }, 0) }, at);
    return { kind: 'change', change: (feed) => feed.apply(object) };
  }),
  { kind: 'change', change: (feed) => feed.apply(strictConfiguration(at, ['s0'])) },
]);

const guards = { handlers: ['m0', 'm1'].map((name) => ({ name, type: 'middleware.http.oauth2clientcredentials' })) };

function strictConfiguration(at: string, deniedSecrets: readonly string[]): FeedObject {
  const scopesOf = ['kubernetes', 'cluster'].map((storeName) => ({ storeName, deniedSecrets }));
  return configurationObject('strict', { secrets: { scopes: scopesOf }, appHttpPipeline: guards }, at);
}

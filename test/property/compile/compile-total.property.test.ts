import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { middlewareTypes } from '#shared/table/middleware.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';

const audience = { appId: 'orders', namespace: '' };
const good = {
  apiVersion: 'dapr.io/v1alpha1',
  kind: 'HTTPEndpoint',
  metadata: { name: 'good' },
  spec: { baseUrl: 'https://good.example', headers: [{ name: 'A', value: 'a' }] },
};

const json = fc.jsonValue({ maxDepth: 4 });
const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('https://a', '..', 'good', ''));
const source = fc.record(
  {
    name: fc.oneof(text, json),
    value: json,
    envRef: fc.oneof(text, json),
    secretKeyRef: fc.oneof(json, fc.record({ name: text, key: text }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);
const document = fc.oneof(
  json,
  fc.record(
    {
      apiVersion: fc.constantFrom('dapr.io/v1alpha1', 'v1', 'v2'),
      kind: fc.constantFrom('HTTPEndpoint', 'Secret', 'Component', 'Configuration', 'Resiliency', 'Other'),
      metadata: fc.oneof(json, fc.record({ name: fc.oneof(text, json), namespace: text }, { requiredKeys: [] })),
      auth: fc.oneof(json, fc.record({ secretStore: text })),
      scopes: fc.oneof(json, fc.array(text)),
      data: fc.oneof(json, fc.dictionary(text, text)),
      stringData: fc.oneof(json, fc.dictionary(text, json)),
      spec: fc.oneof(
        json,
        fc.record(
          {
            type: fc.constantFrom(
              'secretstores.local.env',
              'secretstores.local.file',
              'state.redis',
              'middleware.http.wasm',
              ...middlewareTypes,
            ),
            metadata: fc.array(source),
            baseUrl: fc.oneof(text, json),
            headers: fc.oneof(json, fc.array(source)),
            clientTLS: fc.oneof(
              json,
              fc.record({ rootCA: source, certificate: source, privateKey: source }, { requiredKeys: [] }),
            ),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: ['kind', 'apiVersion'] },
  ),
);

const textOf = (documents: readonly unknown[]): string => documents.map((item) => JSON.stringify(item)).join('\n---\n');

describe('compile', () => {
  test('returns for every folder, and what is bad hides nothing good', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 5 }), fc.nat(5), (documents, at) => {
        const all = documents.toSpliced(at, 0, good);
        const { table } = compile(snapshotOf(textOf(all)), audience);
        const found = table.endpointsByName.get('good');
        // Unless another one by that name stands before it.
        const isFirst = !documents.slice(0, at).some((item) => JSON.stringify(item).includes('"name":"good"'));
        if (isFirst) expect(found).toMatchObject({ state: 'ready', baseUrl: { origin: 'https://good.example' } });
        expect(found).toBeDefined();
      }),
      { numRuns: 300 },
    );
  });

  test('of the same folder gives the same revision, also after another compile', () => {
    fc.assert(
      fc.property(fc.array(document, { maxLength: 4 }), fc.array(document, { maxLength: 4 }), (before, after) => {
        const former = compile(snapshotOf(textOf(before)), audience);
        const next = compile(snapshotOf(textOf(after)), audience, former);
        expect(next.table.revision).toBe(compile(snapshotOf(textOf(after)), audience).table.revision);
      }),
      { numRuns: 100 },
    );
  });

  test('never leaves out a handler: whatever its Component says, it is there, and it is ready only without a mistake', () => {
    const types = [...middlewareTypes, 'middleware.http.wasm', 'other'];
    const names = fc.constantFrom('good', 'a', 'b');
    const handlers = fc.array(fc.record({ name: names, type: fc.constantFrom(...types), version: fc.constant('v1') }), {
      maxLength: 4,
    });
    const settingName = fc.constantFrom(
      'key',
      'burst',
      'rule',
      'url',
      'rego',
      'issuer',
      'audience',
      'routes',
      'direction',
    );
    const metadata = fc.array(
      fc.record(
        { name: fc.oneof(settingName, text), value: fc.oneof(json, text), envRef: text },
        { requiredKeys: ['name'] },
      ),
    );
    const component = fc.record({ name: names, type: fc.constantFrom(...types), metadata }).map(({ name, ...spec }) => {
      return {
        apiVersion: 'dapr.io/v1alpha1',
        kind: 'Component',
        metadata: { name },
        spec: { ...spec, version: 'v1' },
      };
    });
    fc.assert(
      fc.property(handlers, handlers, fc.array(component, { maxLength: 4 }), (http, app, components) => {
        const snapshot = snapshotOf(textOf(components), { configuration: { pipelines: { http, app } } });
        const { table, problems } = compile(snapshot, audience);
        const { pipelines } = table;
        expect(pipelines.http.map(({ name }) => name)).toEqual(http.map(({ name }) => name));
        expect(pipelines.app.map(({ name }) => name)).toEqual(app.map(({ name }) => name));
        for (const entry of [...pipelines.http, ...pipelines.app]) {
          const errors = problems.filter(
            ({ severity, subject }) => severity === 'error' && subject.name === entry.name,
          );
          const isFirstAndOnly = components.filter(({ metadata: { name } }) => name === entry.name).length === 1;
          if (entry.state === 'ready' && isFirstAndOnly) expect(errors).toEqual([]);
          if (entry.state === 'refused') expect(problems.some(({ reason }) => reason === entry.reason)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('gives a header value that may stand in a request, whatever bytes it was made of', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const endpoint = { ...good, spec: { baseUrl: 'https://a.example', headers: [{ name: 'A', value }] } };
        const found = compile(snapshotOf(textOf([endpoint])), audience).table.endpointsByName.get('good');
        if (found?.state === 'refused') expect(found.reason).toBe('InvalidHeader');
        else {
          const bytes = Buffer.from(found?.headers[0]?.value.reveal() ?? 'none', 'latin1');
          expect(bytes.every((byte) => byte === 9 || (byte >= 32 && byte !== 127))).toBe(true);
          expect(bytes.toString('utf8')).toBe(value.toWellFormed().replace(/[\r\n]+$/, ''));
        }
      }),
    );
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const Crd = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({
    group: z.string(),
    scope: z.string(),
    names: z.record(z.string(), z.unknown()),
    versions: z
      .array(
        z.object({
          name: z.string(),
          served: z.boolean(),
          storage: z.boolean(),
          subresources: z.record(z.string(), z.unknown()),
          schema: z.object({ openAPIV3Schema: z.record(z.string(), z.unknown()) }),
        }),
      )
      .length(1),
  }),
});

const file = path.join(import.meta.dirname, '../../../crds/httpendpoint.yaml');
const crd = Crd.parse(parse(readFileSync(file, 'utf8')));
const [version] = crd.spec.versions;

/** One line a field: its path, its type, and what else the API server checks. */
function fields(schema: Readonly<Record<string, unknown>>, at = ''): readonly string[] {
  const { type, properties, items, required, default: preset } = schema;
  const rules = [
    typeof type === 'string' ? type : 'any',
    ...(Array.isArray(required) ? [`required ${required.join(' ')}`] : []),
    ...(Array.isArray(schema['enum']) ? [`one of ${schema['enum'].join(' ')}`] : []),
    ...(typeof preset === 'string' ? [`default ${preset}`] : []),
    ...(schema['x-kubernetes-preserve-unknown-fields'] === true ? ['preserved'] : []),
  ];
  const children = Object.entries((properties ?? {}) as Record<string, Record<string, unknown>>);
  return [
    ...(at === '' ? [] : [`${at}: ${rules.join(', ')}`]),
    ...children.flatMap(([name, child]) => fields(child, at === '' ? name : `${at}.${name}`)),
    ...(items === undefined ? [] : fields(items as Record<string, unknown>, `${at}[]`)),
  ];
}

describe('crds/httpendpoint.yaml', () => {
  test('is the kind that Dapr has, with a status on top', () => {
    expect(crd.metadata.name).toBe('httpendpoints.dapr.io');
    expect(crd.spec).toMatchObject({ group: 'dapr.io', scope: 'Namespaced' });
    expect(crd.spec.names).toEqual({
      kind: 'HTTPEndpoint',
      listKind: 'HTTPEndpointList',
      plural: 'httpendpoints',
      singular: 'httpendpoint',
      shortNames: ['hep'],
      categories: ['farpoint'],
    });
    expect(version).toMatchObject({ name: 'v1alpha1', served: true, storage: true, subresources: { status: {} } });
  });

  test('has the fields and rules that Dapr has', () => {
    const { properties } = version?.schema.openAPIV3Schema ?? {};
    const { status, ...written } = properties as Record<string, unknown>;
    const secretKeyRef = (at: string): readonly string[] => [
      `${at}.secretKeyRef: object, required name`,
      `${at}.secretKeyRef.name: string`,
      `${at}.secretKeyRef.key: string`,
    ];
    const tlsDocument = (at: string): readonly string[] => [
      `${at}: object`,
      `${at}.value: any, preserved`,
      ...secretKeyRef(at),
    ];
    expect(fields({ properties: written })).toEqual([
      'apiVersion: string',
      'kind: string',
      'metadata: object',
      'auth: object, required secretStore',
      'auth.secretStore: string',
      'scopes: array',
      'scopes[]: string',
      'spec: object, required baseUrl',
      'spec.baseUrl: string',
      'spec.headers: array',
      'spec.headers[]: object, required name',
      'spec.headers[].name: string',
      'spec.headers[].value: any, preserved',
      'spec.headers[].envRef: string',
      ...secretKeyRef('spec.headers[]'),
      'spec.clientTLS: object',
      ...tlsDocument('spec.clientTLS.rootCA'),
      ...tlsDocument('spec.clientTLS.certificate'),
      ...tlsDocument('spec.clientTLS.privateKey'),
      'spec.clientTLS.renegotiation: string, one of Never OnceAsClient FreelyAsClient, default Never',
    ]);
    expect(fields(status as Record<string, unknown>, 'status')).toEqual(
      expect.arrayContaining(['status.observedGeneration: integer', 'status.conditions: array']),
    );
  });
});

import { describe, expect, test } from 'vitest';
import { compile, type Compilation } from '#shared/compile/compile.ts';
import { manifestFileOf, snapshotOf } from '../../support/snapshot-of.ts';

const audience = { appId: 'orders', namespace: '' };

function endpoint(name: string, header: string): string {
  return `apiVersion: dapr.io/v1alpha1
kind: HTTPEndpoint
metadata: { name: ${name} }
spec: { baseUrl: "https://api.example.com", headers: [${header}] }
---
`;
}

const secret = (value: string): string =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: gh }\nstringData: { gh: ${value} }\n---\n`;

const byName = (compilation: Compilation, name: string): unknown => compilation.table.endpointsByName.get(name);

describe('a compile after another', () => {
  const inline = endpoint('inline', '{ name: A, value: a }');
  const secretive = endpoint('secretive', '{ name: A, secretKeyRef: { name: gh } }');
  const file = manifestFileOf(inline + secretive + secret('one'));
  const first = compile(snapshotOf(file), audience);

  test('takes over what still holds, object by object', () => {
    const next = manifestFileOf(endpoint('inline', '{ name: A, value: b }') + secretive + secret('one'), file);
    const second = compile(snapshotOf(next), audience, first);
    expect(byName(second, 'secretive')).toBe(byName(first, 'secretive'));
    expect(byName(second, 'inline')).not.toBe(byName(first, 'inline'));
  });

  test('gives the same as a compile from nothing', () => {
    const next = manifestFileOf(endpoint('inline', '{ name: A, value: b }') + secretive + secret('two'), file);
    const second = compile(snapshotOf(next), audience, first);
    expect(second.table).toEqual(compile(snapshotOf(next), audience).table);
    expect(second.table.revision).toBe(compile(snapshotOf(next), audience).table.revision);
  });

  test('makes an endpoint again whose secret changed', () => {
    const next = manifestFileOf(inline + secretive + secret('two'), file);
    const second = compile(snapshotOf(next), audience, first);
    expect(byName(second, 'inline')).toBe(byName(first, 'inline'));
    expect(second.table.endpointsByName.get('secretive')).toMatchObject({ state: 'ready' });
    expect(second.table.endpointsByName.get('secretive')?.revision).not.toBe(
      first.table.endpointsByName.get('secretive')?.revision,
    );
  });

  test('refuses an endpoint whose secret is gone', () => {
    const second = compile(snapshotOf(manifestFileOf(inline + secretive, file)), audience, first);
    expect(second.table.endpointsByName.get('secretive')).toMatchObject({ state: 'refused', reason: 'SecretNotFound' });
  });

  test('makes an endpoint again when an environment variable changed', () => {
    const text = endpoint('zone', '{ name: A, envRef: ZONE }');
    const before = compile(snapshotOf(manifestFileOf(text), { env: { ZONE: 'one' } }), audience);
    const after = compile(snapshotOf(manifestFileOf(text), { env: { ZONE: 'two' } }), audience, before);
    expect(after.table.revision).not.toBe(before.table.revision);
  });

  test('names the new line of a problem whose document only moved', () => {
    const broken = endpoint('broken', '{ name: A, secretKeyRef: { name: absent } }');
    const before = manifestFileOf(broken);
    const after = manifestFileOf(`# one\n# two\n---\n${broken}`, before);
    const compiled = compile(snapshotOf(before), audience);
    const recompiled = compile(snapshotOf(after), audience, compiled);
    expect(compiled.problems.map(({ subject }) => subject.location)).toEqual(['all.yaml:1']);
    expect(recompiled.problems.map(({ subject }) => subject.location)).toEqual(['all.yaml:4']);
    expect(byName(recompiled, 'broken')).toBe(byName(compiled, 'broken'));
  });
});

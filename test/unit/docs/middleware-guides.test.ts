/** What docs/middleware.md and docs/opa.md show works: every manifest loads and compiles, every setting is in its table. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { compile, type Compilation } from '#shared/compile/compile.ts';
import { settingsMistakes } from '#shared/middleware/settings-mistakes.ts';
import type { HandlerRef } from '#shared/resources/configuration.ts';
import { recordFrom } from '#shared/resources/read-field.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import { middlewareTypes } from '#shared/table/middleware.ts';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { readDocument } from '../../../proxy/source/read-document.ts';
import { splitDocuments } from '../../../proxy/source/split-documents.ts';
import { settingsOf } from '../../support/settings-of.ts';
import { manifestFileOf, snapshotOf } from '../../support/snapshot-of.ts';
import { documents, secretManifest } from '../../support/tls-manifests.ts';

const textOf = (name: string): string => readFileSync(join(import.meta.dirname, '../../../docs', name), 'utf8');
const guide = textOf('middleware.md');

interface Example {
  readonly title: string;
  readonly text: string;
}

/** Every fenced block of YAML, by what it names first. */
const examples: readonly Example[] = ['middleware.md', 'opa.md'].flatMap((name) =>
  [...textOf(name).matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = '']) => {
    return { title: `${name}: ${/name: ([\w-]+)/.exec(text)?.[1] ?? ''}`, text };
  }),
);

/** A Secret for each that an example refers to; `ca.crt` holds a certificate. */
function secretsFor(text: string, certificate: string): readonly string[] {
  return [...text.matchAll(/secretKeyRef: \{ name: ([\w-]+), key: ([\w.-]+) \}/g)].map(([, name = '', key = '']) =>
    secretManifest(name, { [key]: key === 'ca.crt' ? certificate : 'told to nobody' }),
  );
}

/** With its own Configuration; without one, a pipeline of all its Components. */
function compiled(text: string, certificate: string): Compilation {
  const manifests = splitDocuments(text).map((part) => {
    return { document: recordFrom(readDocument(part).document) ?? {}, location: 'guide' };
  });
  const { configuration, mistakes } = parseConfiguration(
    manifests.filter(({ document }) => document['kind'] === 'Configuration'),
  );
  expect(mistakes).toEqual([]);
  const file = manifestFileOf(documents(text, ...secretsFor(text, certificate)));
  const handlers = file.resources.flatMap((resource): readonly HandlerRef[] =>
    resource.kind === 'component' ? [resource.component] : [],
  );
  const { http, app } = configuration.pipelines;
  const pipelines = http.length + app.length > 0 ? configuration.pipelines : { http: handlers, app: [] };
  return compile(snapshotOf(file, { configuration: { pipelines } }), { appId: 'orders', namespace: '' });
}

describe('the guides to middleware', () => {
  let certificate = '';

  beforeAll(async () => {
    certificate = (await CertificateAuthority.create('guide')).certificatePem;
  });

  test('show every type', () => {
    const shown = [...guide.matchAll(/^ {2}type: (\S+)$/gm)].map(([, type]) => type);
    expect(new Set(shown)).toEqual(new Set(middlewareTypes));
  });

  test.each(examples)('load and compile without a problem: $title', ({ text }) => {
    const { table, problems } = compiled(text, certificate);
    expect(problems).toEqual([]);
    const entries = [...table.pipelines.http, ...table.pipelines.app];
    expect(entries.length).toBeGreaterThan(0);
    expect(entries.filter(({ state }) => state === 'refused')).toEqual([]);
  });

  test('name every reason of a refusal that a golden case shows', () => {
    const folder = join(import.meta.dirname, '../../golden/compile');
    const outputs = readdirSync(folder).filter((name) => /^middleware-.*\.out\.yaml$/.test(name));
    const reasons = outputs.flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/reason: (\w+)/g)]);
    expect(reasons.length).toBeGreaterThan(10);
    const unnamed = reasons.flatMap(([, reason = '']) => (guide.includes(`\`${reason}\``) ? [] : [reason]));
    expect(unnamed).toEqual([]);
  });

  test.each(middlewareTypes)('name every setting of %s, and no other', (type) => {
    const { warnings } = settingsMistakes(type, settingsOf({ 'no-setting-at-all': '' }));
    const known = /the settings are (.*)$/.exec(warnings[0] ?? '')?.[1]?.split(', ');
    const section = guide.split(`\n## ${type}\n`)[1]?.split('\n## ')[0] ?? '';
    const rows = section.split('\n').filter((line) => line.startsWith('| `'));
    const named = rows.flatMap((row) => [...(row.split('|')[1] ?? '').matchAll(/`(\w+)`/g)].map(([, name]) => name));
    expect(named).toHaveLength(known?.length ?? 0);
    expect(new Set(named)).toEqual(new Set(known));
  });
});

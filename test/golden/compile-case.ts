/**
 * Runs one golden input through the real reader and compiler. Its first document says for whom and with what; the
 * others are the folder's only file, `in.yaml`.
 */
import { stringify } from 'yaml';
import { z } from 'zod';
import { compile, type Compilation } from '#shared/compile/compile.ts';
import type { Problem } from '#shared/errors/problem.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import { assembleSnapshot, resilienciesIn } from '../../proxy/source/assemble-snapshot.ts';
import { emptyManifestFile, manifestFileFrom, rereadDocument } from '../../proxy/source/manifest-file.ts';
import { readDocument } from '../../proxy/source/read-document.ts';
import { readResiliency } from '../../proxy/source/read-resiliency.ts';
import { splitDocuments } from '../../proxy/source/split-documents.ts';
import { shownEndpoint } from './shown-endpoint.ts';
import { shownPipelines } from './shown-pipelines.ts';
import { shownResilience } from './shown-resilience.ts';
import { withTlsMaterial } from './tls-material.ts';

const Settings = z.strictObject({
  /** One sentence: the behaviour. */
  shows: z.string(),
  appId: z.string().default('orders'),
  namespace: z.string().default(''),
  env: z.record(z.string(), z.string()).default({}),
  allowedEnvNames: z.array(z.string()).nullable().default(null),
  disableBuiltinKubernetesSecretStore: z.boolean().default(false),
  /** `spec` of the Configuration. */
  configuration: z.record(z.string(), z.unknown()).default({}),
  /** Content of the secrets file that components name. */
  secretsFile: z.string().nullable().default(null),
});

const fingerprintKey = 'golden';

/** The output of a golden input. */
export function runCompileCase(input: string, material: ReadonlyMap<string, string>): string {
  const [first, ...parts] = splitDocuments(withTlsMaterial(input, material));
  if (first === undefined) throw new TypeError('the input is empty');
  const settings = Settings.parse(readDocument(first).document);
  const { appId, namespace } = settings;
  const manifest = { document: { spec: settings.configuration }, location: 'configuration' };
  const { configuration, mistakes } = parseConfiguration([manifest]);
  if (mistakes.length > 0) throw new TypeError(mistakes.join('\n'));
  const documents = parts.map((part) =>
    readResiliency(rereadDocument(part, new Map(), { file: 'in.yaml', namespace, fingerprintKey })),
  );
  const file = manifestFileFrom(documents, emptyManifestFile);
  const path = 'secrets.json';
  const audience = { appId, namespace };
  const snapshot = assembleSnapshot({
    resources: file.resources,
    resiliencies: resilienciesIn([file]),
    problems: file.problems,
    audience,
    secretsFile: () =>
      settings.secretsFile === null ? { state: 'missing', path } : { state: 'text', path, text: settings.secretsFile },
    env: new Map(Object.entries(settings.env)),
    allowedEnvNames: settings.allowedEnvNames === null ? null : new Set(settings.allowedEnvNames),
    disableBuiltinKubernetesSecretStore: settings.disableBuiltinKubernetesSecretStore,
    configuration,
    fingerprintKey,
  });
  return output(compile(snapshot, audience), material);
}

function output({ table, problems }: Compilation, material: ReadonlyMap<string, string>): string {
  const endpoints = [...table.endpointsByName.values()].map((endpoint) => shownEndpoint(endpoint, material));
  const shown = {
    endpoints,
    ...shownPipelines(table.pipelines, material),
    ...shownResilience(table.resilience),
    problems: problems.map(shownProblem),
  };
  return stringify(shown, { lineWidth: 120, aliasDuplicateObjects: false });
}

function shownProblem({ subject, reason, message, severity }: Problem): object {
  const name = [subject.kind, subject.namespace, subject.name].filter((part) => part !== '').join(' ');
  return { [severity]: reason, of: `${name} (${subject.location})`.trimStart(), message };
}

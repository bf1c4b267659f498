import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compile } from '#shared/compile/compile.ts';
import { memoryLogger, type LogLine } from '../../support/memory-logger.ts';
import { snapshotOf } from '../../support/snapshot-of.ts';
import { ProblemLog } from '../../../proxy/subscribe/problem-log.ts';

/** Distinct enough never to stand in a message by chance; with whatever a careless hand may add. */
const secret = fc
  .tuple(
    fc.stringMatching(/^[a-z]{12}$/),
    fc.constantFrom('', '"', '\n', '\u0000', ' : [', '\\', '{', '\r\nX: y', '@', '%zz'),
  )
  .map(([core, odd]) => ({ core: `s3cr3t${core}`, text: `s3cr3t${core}${odd}` }));

const quote = (text: string): string => JSON.stringify(text);
const endpoint = (spec: string): string =>
  `apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata: { name: leaky }\nspec: ${spec}\n`;
const withHeader = (header: string): string => endpoint(`{ baseUrl: https://a.example, headers: [${header}] }`);
const withTls = (tls: string): string => endpoint(`{ baseUrl: https://a.example, clientTLS: { ${tls} } }`);
const storedSecret = (field: string): string => `---\napiVersion: v1\nkind: Secret\nmetadata: { name: s }\n${field}\n`;
const reference = withHeader('{ name: A, secretKeyRef: { name: s, key: k } }');

const middleware = (metadata: string): string =>
  `---\napiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: guard }\nspec: { type: middleware.http.opa, version: v1, metadata: ${metadata} }\n`;
const setting = (name: string, text: string): string =>
  endpoint('{ baseUrl: https://a.example }') + middleware(`[{ name: ${name}, value: ${quote(text)} }]`);
const handler = { name: 'guard', type: 'middleware.http.opa', version: 'v1' };

/** Every place of a manifest in which a secret may stand, rightly or by mistake. */
const places: readonly ((text: string) => string)[] = [
  (text) => withHeader(`{ name: A, value: ${quote(text)} }`),
  (text) => withHeader(`{ name: ${quote(`Authorization: ${text}`)}, value: x }`),
  (text) => withHeader(`{ name: A, value: { deep: ${quote(text)} } }`),
  (text) => withHeader(quote(text)),
  (text) => endpoint(quote(text)),
  (text) => endpoint(`{ baseUrl: ${quote(`https://user:${text}@a.example`)} }`),
  (text) => endpoint(`{ baseUrl: ${quote(text)} }`),
  (text) => endpoint(`{ baseUrl: ${quote(`https://a.example/\n?token=${text}`)} }`),
  (text) => withTls(`rootCA: { value: ${quote(text)} }`),
  (text) => withTls(`certificate: { value: ${quote(text)} }, privateKey: { value: ${quote(text)} }`),
  (text) => withTls(`renegotiation: ${quote(text)}`),
  (text) => reference + storedSecret(`stringData: { k: ${quote(text)} }`),
  (text) => reference + storedSecret(`data: { k: ${Buffer.from(text).toString('base64')} }`),
  (text) => reference + storedSecret(`data: { k: ${quote(text)} }`),
  (text) => reference + storedSecret(`stringData: [${quote(text)}]`),
  (text) => reference + storedSecret(`stringData: { k: "${text}`),
  (text) => reference + storedSecret(`stringData:\n  k: ${text}\n broken: indentation`),
  (text) => reference + storedSecret(`stringData: { k: *${text} }`),
  ...['url', 'rego', 'decision', 'defaultStatus', 'readBody', 'maxBodySize', 'timeout', 'rootCA', 'other'].map(
    (name) => (text: string) => setting(name, text),
  ),
  (text) => endpoint('{ baseUrl: https://a.example }') + middleware(`[${quote(text)}]`),
  (text) => endpoint('{ baseUrl: https://a.example }') + middleware(`[{ name: { a: ${quote(text)} } }]`),
  (text) => endpoint('{ baseUrl: https://a.example }') + middleware(`[{ name: rootCA, secretKeyRef: ${quote(text)} }]`),
  (text) =>
    endpoint('{ baseUrl: https://a.example }') +
    middleware('[{ name: timeout, secretKeyRef: { name: s, key: k } }]') +
    storedSecret(`stringData: { k: ${quote(text)} }`),
];

describe('a secret', () => {
  test('stands in no problem, log line or dump, wherever a manifest holds it', () => {
    fc.assert(
      fc.property(secret, fc.constantFrom(...places), ({ core, text }, place) => {
        const lines: LogLine[] = [];
        const configuration = { pipelines: { http: [handler], app: [] } };
        const snapshot = snapshotOf(place(text), { configuration });
        const { table, problems, compiledByName } = compile(snapshot, { appId: 'orders', namespace: '' });
        new ProblemLog(memoryLogger(lines)).report(problems);
        const dump =
          inspect({ table, problems, lines }, { depth: 20 }) +
          JSON.stringify([[...table.endpointsByName], table.pipelines, lines]);
        expect(dump).not.toContain(core);
        expect(dump).not.toContain(Buffer.from(core).toString('base64').slice(0, 12));
        expect(compiledByName.size + snapshot.invalidEndpoints.length).toBe(1);
      }),
      { numRuns: 400 },
    );
  });
});

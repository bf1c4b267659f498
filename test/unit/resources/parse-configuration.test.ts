import { describe, expect, test } from 'vitest';
import { defaultConfiguration } from '#shared/resources/configuration.ts';
import { parseConfiguration, type ConfigurationResult } from '#shared/resources/parse-configuration.ts';
import { readDocument } from '../../../proxy/source/read-document.ts';

/** Each text is the `spec` of one Configuration. */
function parse(...specs: readonly string[]): ConfigurationResult {
  return parseConfiguration(
    specs.map((text, index) => {
      const spec: unknown = readDocument({ text, line: 1 }).document;
      return {
        document: { apiVersion: 'dapr.io/v1alpha1', kind: 'Configuration', metadata: { name: 'config' }, spec },
        location: `${index + 1}.yaml:1`,
      };
    }),
  );
}

describe('parseConfiguration', () => {
  test('gives the defaults when nothing is said', () => {
    expect(parse()).toEqual({ configuration: defaultConfiguration, mistakes: [] });
    const subject = { ...defaultConfiguration.subject, name: 'config', location: '1.yaml:1' };
    expect(parse('{}')).toEqual({ configuration: { ...defaultConfiguration, subject }, mistakes: [] });
    expect(parse('api:\nmetrics:\nhttpPipeline: { handlers: [] }')).toEqual(parse('{}'));
  });

  test('reads every field that concerns invocation', () => {
    const { configuration, mistakes } = parse(`
api:
  allowed: [{ name: invoke, version: v1, protocol: http }, { name: state, version: v1, protocol: grpc }]
  denied: [{ name: shutdown, version: v1, protocol: '' }]
logging: { apiLogging: { enabled: true, obfuscateURLs: true, omitHealthChecks: true } }
metrics:
  enabled: true
  recordErrorCodes: true
  latencyDistributionBuckets: [1, 5.5, 10]
  http: { increasedCardinality: false, excludeVerbs: true, pathMatching: ['/orders/{id}'] }
  rules:
    - name: dapr_http_server_latency
      labels: [{ name: path, regex: { '/orders/id': '^/orders/.+$', other: '.*' } }]
secrets:
  scopes: [{ storeName: vault, defaultAccess: Deny, allowedSecrets: [a], deniedSecrets: [b] }]
tracing: { samplingRate: '1' }
components: { deny: [middleware.http.wasm, secretstores.local.ENV/v1] }
httpPipeline:
  handlers:
    - { name: auth, type: middleware.http.bearer, selector: { fields: [{ field: a, value: b }] } }
    - { name: limit, type: middleware.http.ratelimit, version: v2 }
appHttpPipeline: { handlers: [{ name: token, type: middleware.http.oauth2clientcredentials, version: '' }] }
`);
    expect(mistakes).toEqual([]);
    expect(configuration).toEqual({
      subject: { kind: 'Configuration', namespace: '', name: 'config', location: '1.yaml:1' },
      deniedComponents: ['middleware.http.wasm', 'secretstores.local.env/v1'],
      pipelines: {
        http: [
          { name: 'auth', type: 'middleware.http.bearer', version: 'v1' },
          { name: 'limit', type: 'middleware.http.ratelimit', version: 'v2' },
        ],
        app: [{ name: 'token', type: 'middleware.http.oauth2clientcredentials', version: 'v1' }],
      },
      apiAccess: { allowed: [{ name: 'invoke', version: 'v1' }], denied: [{ name: 'shutdown', version: 'v1' }] },
      apiLogging: { enabled: true, obfuscateUrls: true, omitHealthChecks: true },
      metrics: {
        enabled: true,
        increasedCardinality: false,
        excludeVerbs: true,
        pathMatching: ['/orders/{id}'],
        recordErrorCodes: true,
        latencyBucketsMs: [1, 5.5, 10],
        rules: [
          {
            metric: 'dapr_http_server_latency',
            label: 'path',
            patterns: [
              { pattern: '^/orders/.+$', replacement: '/orders/id' },
              { pattern: '.*', replacement: 'other' },
            ],
          },
        ],
      },
      secretScopes: [{ storeName: 'vault', defaultAccess: 'deny', allowedSecrets: ['a'], deniedSecrets: ['b'] }],
    });
  });

  test('lets metrics win over metric, field by field', () => {
    const { configuration } = parse(
      'metric: { enabled: false, http: { excludeVerbs: true } }\nmetrics: { enabled: true }',
    );
    expect(configuration.metrics).toMatchObject({ enabled: true, excludeVerbs: true });
    expect(parse('metric: { enabled: false }').configuration.metrics.enabled).toBe(false);
  });

  test('lets a later file replace what an earlier one says, field by field', () => {
    const { configuration } = parse(
      'api: { denied: [{ name: shutdown, version: v1 }] }\nlogging: { apiLogging: { enabled: true, omitHealthChecks: true } }',
      'api: { denied: [{ name: metadata, version: v1 }] }\nlogging: { apiLogging: { enabled: false } }',
    );
    expect(configuration.apiAccess.denied).toEqual([{ name: 'metadata', version: 'v1' }]);
    expect(configuration.apiLogging).toMatchObject({ enabled: false, omitHealthChecks: true });
  });

  test('names every mistake with its file and field', () => {
    const { mistakes } = parse(
      'metrics: { enabled: "yes", latencyDistributionBuckets: [0, x] }\nlogging: []',
      'secrets: { scopes: [{ defaultAccess: maybe }] }\napi: { allowed: [7, { version: v1 }, { name: a, protocol: htp }] }',
    );
    expect(mistakes).toEqual([
      '1.yaml:1: spec.logging must be a map',
      '1.yaml:1: spec.metrics.enabled must be true or false',
      '1.yaml:1: spec.metrics.latencyDistributionBuckets[0] must be a number above 0',
      '1.yaml:1: spec.metrics.latencyDistributionBuckets[1] must be a number above 0',
      '2.yaml:1: spec.api.allowed[0] must be a map',
      '2.yaml:1: spec.api.allowed[1].name is missing',
      '2.yaml:1: spec.api.allowed[2].protocol must be http or grpc',
      '2.yaml:1: spec.secrets.scopes[0].storeName is missing',
      '2.yaml:1: spec.secrets.scopes[0].defaultAccess must be allow or deny',
    ]);
  });

  test.each(['httpPipeline', 'appHttpPipeline'])(
    'refuses handlers of %s that name nothing that could be found',
    (name) => {
      const { mistakes } = parse(`${name}: { handlers: [{ name: auth }, { type: middleware.http.bearer }, word] }`);
      expect(mistakes).toEqual([
        `1.yaml:1: spec.${name}.handlers[2] must be a map`,
        `1.yaml:1: spec.${name}.handlers[0].type is missing`,
        `1.yaml:1: spec.${name}.handlers[1].name is missing`,
      ]);
      expect(parse(`${name}: { handlers: some }`).mistakes).toEqual([`1.yaml:1: spec.${name}.handlers must be a list`]);
      const handler = '{ name: a, type: middleware.http.uppercase }';
      expect(parse(`${name}: { handlers: [${Array(101).fill(handler).join()}] }`).mistakes).toEqual([
        `1.yaml:1: spec.${name}.handlers holds more than 100 handlers`,
      ]);
      expect(parse(`${name}: { handlers: [{ name: ${'a'.repeat(254)}, type: t }] }`).mistakes).toHaveLength(1);
    },
  );

  test.each([
    ['httpPipelin: { handlers: [] }', 'spec.httpPipelin is not known; is httpPipeline meant?'],
    ['httppipeline: { handlers: [] }', 'spec.httppipeline is not known; is httpPipeline meant?'],
    ['appHTTPPipeline: {}', 'spec.appHTTPPipeline is not known; is appHttpPipeline meant?'],
    ['httpPipeline: { handler: [] }', 'spec.httpPipeline.handler is not known; is handlers meant?'],
    [
      'appHttpPipeline: { handlers: [{ name: a, type: b, verson: v2 }] }',
      'spec.appHttpPipeline.handlers[0].verson is not known; is version meant?',
    ],
    ['secret: { scopes: [] }', 'spec.secret is not known; is secrets meant?'],
    ['secrets: { scope: [] }', 'spec.secrets.scope is not known; is scopes meant?'],
    [
      'secrets: { scopes: [{ storeName: a, deniedSecret: [b] }] }',
      'spec.secrets.scopes[0].deniedSecret is not known; is deniedSecrets meant?',
    ],
    ['components: { denny: [] }', 'spec.components.denny is not known; is deny meant?'],
    ['api: { denyed: [] }', 'spec.api.denyed is not known; is denied meant?'],
  ])('a slip in the name of a guard does not leave it out: %s', (spec, mistake) => {
    expect(parse(spec).mistakes).toEqual([`1.yaml:1: ${mistake}`]);
  });

  test('a slip in the name of the whole spec is one, and fields of which nobody knows are none', () => {
    const document = { kind: 'Configuration', Spec: { httpPipeline: {} } };
    expect(parseConfiguration([{ document, location: 'a.yaml:1' }]).mistakes).toEqual([
      'a.yaml:1: Spec is not known; is spec meant?',
    ]);
    expect(parse('tracing: {}\nsomethingNew: { handler: 1 }\nhttpPipeline: { x: 1 }').mistakes).toEqual([]);
  });

  test('refuses a document of another kind, and takes one that does not say', () => {
    const document = { apiVersion: 'v1', kind: 'ConfigMap' };
    expect(parseConfiguration([{ document, location: 'a.yaml:1' }]).mistakes).toEqual([
      'a.yaml:1: it is no Configuration of dapr.io/v1alpha1',
    ]);
    expect(parseConfiguration([{ document: { spec: {} }, location: 'a.yaml:1' }]).mistakes).toEqual([]);
  });
});

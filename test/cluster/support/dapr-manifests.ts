/** Manifests of every shape that works with Dapr, of the kinds in crds/: what they hold is made up, how it is said is not. */

export interface DaprManifest {
  readonly shows: string;
  readonly yaml: string;
}

function httpEndpoint(name: string, rest: string): string {
  return `apiVersion: dapr.io/v1alpha1\nkind: HTTPEndpoint\nmetadata:\n  name: ${name}\n${rest}`;
}

/** HTTPEndpoint. */
export const httpEndpointManifests: readonly DaprManifest[] = [
  {
    shows: 'a base URL and headers',
    yaml: httpEndpoint(
      'github',
      `spec:
  version: v1
  baseUrl: http://api.github.com
  headers:
  - name: Accept-Language
    value: en-US
  - name: Content-Type
    value: application/json
  - name: Authorization
    secretKeyRef:
      name: github-token
      key: bearer
auth:
  secretStore: kubernetes
scopes:
- orders
`,
    ),
  },
  {
    shows: 'mutual TLS from secrets',
    yaml: httpEndpoint(
      'vault',
      `spec:
  baseUrl: https://my-secure-website.com
  headers:
    - { name: X-Zone, envRef: ZONE }
    - { name: Bare, secretKeyRef: { name: bare } }
  clientTLS:
    rootCA:
      secretKeyRef: { name: dapr-tls-client, key: ca.crt }
    certificate:
      secretKeyRef: { name: dapr-tls-client, key: tls.crt }
    privateKey:
      secretKeyRef: { name: dapr-tls-key, key: tls.key }
    renegotiation: OnceAsClient
`,
    ),
  },
  {
    shows: 'a root certificate as a value',
    yaml: httpEndpoint('pinned', 'spec: { baseUrl: "https://a.example", clientTLS: { rootCA: { value: "PEM" } } }\n'),
  },
  {
    shows: 'values of every JSON type',
    yaml: httpEndpoint(
      'values',
      `spec:
  baseUrl: https://a.example
  headers:
    - { name: Text, value: 'yes' }
    - { name: Number, value: 12 }
    - { name: Float, value: 1.5 }
    - { name: Flag, value: true }
    - { name: List, value: [1, a] }
    - { name: Map, value: { a: { b: 1 } } }
    - { name: Nothing }
`,
    ),
  },
  {
    shows: 'fields with nothing after them',
    yaml: httpEndpoint('nulls', 'auth:\nscopes:\nspec:\n  baseUrl: https://a.example\n  headers:\n  clientTLS:\n'),
  },
  {
    shows: 'empty lists and an empty clientTLS',
    yaml: httpEndpoint('empty', 'scopes: []\nspec: { baseUrl: "https://a.example", headers: [], clientTLS: {} }\n'),
  },
  { shows: 'no spec', yaml: httpEndpoint('bare', '') },
  {
    shows: 'a value and a secretKeyRef',
    yaml: httpEndpoint(
      'both',
      'spec: { baseUrl: "https://a.example", headers: [{ name: A, value: x, secretKeyRef: { name: s, key: k } }] }\n',
    ),
  },
  {
    shows: 'user information in the URL',
    yaml: httpEndpoint('user-information', 'spec: { baseUrl: "https://user:p%40ss@a.example:8443/v1/" }\n'),
  },
  {
    shows: 'clientTLS on http',
    yaml: httpEndpoint('plain', 'spec: { baseUrl: "HTTP://127.0.0.1:6601", clientTLS: { rootCA: { value: PEM } } }\n'),
  },
  { shows: 'an IPv6 address', yaml: httpEndpoint('ipv6', 'spec: { baseUrl: "https://[2001:db8::1]:8443/x" }\n') },
  {
    shows: 'an international host name',
    yaml: httpEndpoint('international', 'spec: { baseUrl: "https://bücher.example/a" }\n'),
  },
  {
    shows: 'a service of the cluster with an underscore',
    yaml: httpEndpoint('underscore', 'spec: { baseUrl: "http://my_service.default:80" }\n'),
  },
];

/** Resiliency, Configuration and Component. */
export const otherManifests: readonly DaprManifest[] = [
  {
    shows: 'Resiliency with every kind of policy and target',
    yaml: `apiVersion: dapr.io/v1alpha1
kind: Resiliency
metadata:
  name: myresiliency
scopes:
  - app1
spec:
  policies:
    timeouts:
      general: 5s
      largeResponse: 10s
    retries:
      pubsubRetry: { policy: constant, duration: 5s, maxRetries: 10 }
      retryForever: { policy: exponential, maxInterval: 15s, maxRetries: -1 }
      some: { policy: constant, maxRetries: 3, matching: { httpStatusCodes: '429,500-599', gRPCStatusCodes: '4,8-14' } }
    circuitBreakers:
      simpleCB: { maxRequests: 1, interval: 8s, timeout: 45s, trip: consecutiveFailures >= 5 }
      pubsubCB: { timeout: 30s }
  targets:
    apps:
      appB: { timeout: general, retry: retryForever, circuitBreaker: simpleCB, circuitBreakerCacheSize: 50 }
      'https://api.example.com:8443/v2': { timeout: general }
    actors:
      myActorType: { timeout: general, circuitBreaker: simpleCB, circuitBreakerScope: both, circuitBreakerCacheSize: 5000 }
    components:
      statestore1: { outbound: { timeout: general, retry: retryForever, circuitBreaker: simpleCB } }
      pubsub1: { inbound: { timeout: general, retry: some } }
`,
  },
  {
    shows: 'Resiliency with nothing in it',
    yaml: 'apiVersion: dapr.io/v1alpha1\nkind: Resiliency\nmetadata: { name: nothing }\nspec: { policies: {}, targets: {} }\n',
  },
  {
    shows: 'Configuration with every section',
    yaml: `apiVersion: dapr.io/v1alpha1
kind: Configuration
metadata:
  name: appconfig
spec:
  tracing:
    samplingRate: '1'
    stdout: true
    zipkin: { endpointAddress: 'http://zipkin.default.svc.cluster.local:9411/api/v2/spans' }
    otel: { endpointAddress: 'localhost:4317', isSecure: false, protocol: grpc, headers: [{ name: a, value: b }] }
  metrics:
    enabled: true
    recordErrorCodes: true
    latencyDistributionBuckets: [1, 10, 100]
    rules:
      - name: dapr_runtime_service_invocation_req_sent_total
        labels:
          - name: method
            regex: { 'orders/': 'orders/.+' }
    http: { increasedCardinality: false, pathMatching: ['/orders/{orderID}'], excludeVerbs: true }
  logging:
    apiLogging: { enabled: true, obfuscateURLs: true, omitHealthChecks: true }
  httpPipeline:
    handlers:
      - name: ratelimit
        type: middleware.http.ratelimit
        selector: { fields: [{ field: version, value: '2' }] }
  appHttpPipeline:
    handlers:
      - { name: oauth2, type: middleware.http.oauth2clientcredentials }
  nameResolution:
    component: consul
    version: v1
    configuration: { selfRegister: true, checks: [{ name: x, interval: 10s }] }
  secrets:
    scopes:
      - { storeName: kubernetes, defaultAccess: deny, allowedSecrets: [a], deniedSecrets: [b] }
  components:
    deny: [bindings.smtp, state.in-memory/v1]
  accessControl:
    defaultAction: deny
    trustDomain: public
    policies:
      - appId: app1
        defaultAction: deny
        trustDomain: public
        namespace: default
        operations:
          - { name: /op1, httpVerb: [POST, GET], action: allow }
          - { name: '/op2/*', action: allow }
  api:
    allowed: [{ name: state, version: v1.0, protocol: http }]
    denied: [{ name: invoke, version: v1 }]
  mtls:
    enabled: true
    workloadCertTTL: 24h
    allowedClockSkew: 15m
    sentryAddress: dapr-sentry.dapr-system.svc.cluster.local:443
    controlPlaneTrustDomain: cluster.local
    tokenValidators: [{ name: jwks, options: { minRefreshInterval: 2m, source: 'https://a.example' } }]
  features: [{ name: HotReload, enabled: true }]
  wasm: { strictSandbox: true }
  workflow: { maxConcurrentWorkflowInvocations: 100, maxConcurrentActivityInvocations: 1000 }
`,
  },
  {
    shows: 'Configuration with the older spelling of metrics',
    yaml: 'apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: { name: older }\nspec: { metric: { enabled: false } }\n',
  },
  {
    shows: 'Configuration without spec',
    yaml: 'apiVersion: dapr.io/v1alpha1\nkind: Configuration\nmetadata: { name: bare }\n',
  },
  {
    shows: 'Component that is a secret store',
    yaml: `apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: vault
spec:
  type: secretstores.hashicorp.vault
  version: v1
  initTimeout: 30s
  ignoreErrors: true
  metadata:
    - { name: vaultAddr, value: 'https://127.0.0.1:8200' }
    - { name: skipVerify, value: false }
    - { name: vaultToken, secretKeyRef: { name: vault, key: token } }
    - { name: zone, envRef: ZONE }
auth:
  secretStore: kubernetes
scopes: [app1]
`,
  },
  {
    shows: 'Component without metadata',
    yaml: 'apiVersion: dapr.io/v1alpha1\nkind: Component\nmetadata: { name: env }\nspec: { type: secretstores.local.env, version: v1, metadata: [] }\n',
  },
];

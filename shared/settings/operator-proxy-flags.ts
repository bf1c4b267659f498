/** The flags of `farpoint operator` that say what a proxy is like that it puts into a pod. */
import type { Flag } from './flag.ts';

const injection = { group: 'Injection', env: '' } as const;

/** Every flag that changes an injected proxy. */
export const operatorProxyFlags = [
  {
    ...injection,
    name: 'proxy-image',
    kind: 'text',
    default: '',
    text: 'image of the proxy; none: nothing is injected',
  },
  {
    ...injection,
    name: 'proxy-image-pull-policy',
    kind: 'text',
    default: '',
    text: 'Always, IfNotPresent or Never; none: as Kubernetes chooses by the tag',
  },
  {
    ...injection,
    name: 'proxy-image-pull-secrets',
    kind: 'list',
    default: '',
    text: 'Secrets that every pod with a proxy may pull images with',
  },
  {
    ...injection,
    name: 'proxy-control-plane-address',
    kind: 'text',
    default: '',
    text: 'where proxies find the operator; none: port 443 of Service farpoint-operator',
  },
  {
    ...injection,
    name: 'proxy-container',
    kind: 'text',
    default: 'auto',
    text: 'native: an init container that goes on; classic: one beside the others; auto: native where there is such a thing',
  },
  { ...injection, name: 'proxy-cpu-request', kind: 'text', default: '50m', text: 'quantity; none: no request' },
  { ...injection, name: 'proxy-cpu-limit', kind: 'text', default: '', text: 'quantity; none: no limit' },
  { ...injection, name: 'proxy-memory-request', kind: 'text', default: '64Mi', text: 'quantity; none: no request' },
  { ...injection, name: 'proxy-memory-limit', kind: 'text', default: '256Mi', text: 'quantity; none: no limit' },
  {
    ...injection,
    name: 'proxy-run-as-user',
    kind: 'integer',
    default: '65532',
    text: 'number of the user that proxies run as, never 0; -1: what image and platform choose',
  },
  {
    ...injection,
    name: 'proxy-run-as-group',
    kind: 'integer',
    default: '65532',
    text: 'number of the group that proxies run as; -1: what image and platform choose',
  },
  {
    ...injection,
    name: 'proxy-url-calls',
    kind: 'text',
    default: 'allow',
    text: 'whether apps may call URLs for which there is no HTTPEndpoint: allow or deny',
  },
  {
    ...injection,
    name: 'proxy-log-as-json',
    kind: 'boolean',
    default: 'false',
    text: 'proxies log JSON lines unless an annotation says otherwise',
  },
] as const satisfies readonly Flag[];

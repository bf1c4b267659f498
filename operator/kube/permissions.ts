/** Everything that the operator may ask of the API server. The client refuses what is not here; RBAC is made from it. */
import type { ResourceType } from './kube-object.ts';
import {
  clusterRoles,
  components,
  configMaps,
  configurations,
  events,
  httpEndpoints,
  leases,
  mutatingWebhookConfigurations,
  pods,
  resiliencies,
  secrets,
  services,
  tokenReviews,
  validatingWebhookConfigurations,
} from './resource-types.ts';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete';

/** Concerns one object, whose name is a setting: the owner of what is made, and the configurations of the two webhooks. */
type NamedPart = 'owner' | 'injector' | 'validator';

/** `services`: makes Services; `eviction`: evicts Pods. */
export type OptionalPart = 'services' | 'eviction' | NamedPart;

export interface Permission {
  readonly type: ResourceType;
  readonly verbs: readonly Verb[];
  /** `''`: the object itself. */
  readonly subresource: '' | 'status' | 'eviction';
  /** Empty: any. A permission to create cannot be limited by name, except where server-side apply creates. */
  readonly names: readonly string[];
  /** `watched`: in the namespaces that are served; `own`: in the operator's; `cluster`: kinds without a namespace. */
  readonly where: 'watched' | 'own' | 'cluster';
  /** What is granted only when a setting asks for it; absent: always. */
  readonly only?: OptionalPart;
}

/** The Secret with the operator's authority. */
export const controlPlaneSecret = 'farpoint-control-plane';
/** The ConfigMap with the certificates that proxies trust. */
export const trustBundleConfigMap = 'farpoint-trust-bundle';

const whole = { subresource: '', names: [] } as const;

export const permissions: readonly Permission[] = [
  { type: httpEndpoints, verbs: ['list', 'watch'], ...whole, where: 'watched' },
  { type: httpEndpoints, verbs: ['patch'], subresource: 'status', names: [], where: 'watched' },
  { type: configurations, verbs: ['list', 'watch'], ...whole, where: 'watched' },
  { type: components, verbs: ['list', 'watch'], ...whole, where: 'watched' },
  { type: resiliencies, verbs: ['list', 'watch'], ...whole, where: 'watched' },
  { type: resiliencies, verbs: ['patch'], subresource: 'status', names: [], where: 'watched' },
  // Metadata is watched, and what an endpoint or a middleware references is read; RBAC cannot tell the two apart.
  { type: secrets, verbs: ['get', 'list', 'watch'], ...whole, where: 'watched' },
  { type: pods, verbs: ['get', 'list', 'watch'], ...whole, where: 'watched' },
  { type: events, verbs: ['create'], ...whole, where: 'watched' },
  {
    type: configMaps,
    verbs: ['get', 'create', 'patch'],
    subresource: '',
    names: [trustBundleConfigMap],
    where: 'watched',
  },
  { type: secrets, verbs: ['get', 'update'], subresource: '', names: [controlPlaneSecret], where: 'own' },
  { type: secrets, verbs: ['create'], ...whole, where: 'own' },
  // One elects the leader, and each replica has one that says where it is.
  { type: leases, verbs: ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'], ...whole, where: 'own' },
  {
    type: services,
    verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
    ...whole,
    where: 'watched',
    only: 'services',
  },
  { type: pods, verbs: ['create'], subresource: 'eviction', names: [], where: 'watched', only: 'eviction' },
  { type: mutatingWebhookConfigurations, verbs: ['get', 'patch'], ...whole, where: 'cluster', only: 'injector' },
  { type: validatingWebhookConfigurations, verbs: ['get', 'patch'], ...whole, where: 'cluster', only: 'validator' },
  { type: clusterRoles, verbs: ['get'], ...whole, where: 'cluster', only: 'owner' },
  // Nothing deletes these, but in some clusters (OwnerReferencesPermissionEnforcement) only who may do so may change their owners.
  {
    type: configMaps,
    verbs: ['delete'],
    subresource: '',
    names: [trustBundleConfigMap],
    where: 'watched',
    only: 'owner',
  },
  { type: secrets, verbs: ['delete'], subresource: '', names: [controlPlaneSecret], where: 'own', only: 'owner' },
  { type: tokenReviews, verbs: ['create'], ...whole, where: 'cluster' },
];

export interface Access {
  readonly type: ResourceType;
  readonly verb: Verb;
  readonly subresource: string;
  /** `''`: a collection. */
  readonly name: string;
}

/** Whether RBAC made from the list would allow it, in some namespace. */
export function isDeclared({ type, verb, subresource, name }: Access): boolean {
  return permissions.some(
    (permission) =>
      permission.type.group === type.group &&
      permission.type.plural === type.plural &&
      permission.subresource === subresource &&
      permission.verbs.includes(verb) &&
      (permission.names.length === 0 || permission.names.includes(name)),
  );
}

/** Every kind that the operator reads or writes. */
import type { ResourceType } from './kube-object.ts';

const dapr = { group: 'dapr.io', version: 'v1alpha1' } as const;
const core = { group: '', version: 'v1' } as const;
const admission = { group: 'admissionregistration.k8s.io', version: 'v1' } as const;

export const httpEndpoints: ResourceType = { ...dapr, plural: 'httpendpoints' };
export const configurations: ResourceType = { ...dapr, plural: 'configurations' };
export const components: ResourceType = { ...dapr, plural: 'components' };
export const resiliencies: ResourceType = { ...dapr, plural: 'resiliencies' };
export const secrets: ResourceType = { ...core, plural: 'secrets' };
export const configMaps: ResourceType = { ...core, plural: 'configmaps' };
export const pods: ResourceType = { ...core, plural: 'pods' };
export const services: ResourceType = { ...core, plural: 'services' };
export const leases: ResourceType = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
export const events: ResourceType = { group: 'events.k8s.io', version: 'v1', plural: 'events' };
export const clusterRoles: ResourceType = { group: 'rbac.authorization.k8s.io', version: 'v1', plural: 'clusterroles' };
export const mutatingWebhookConfigurations: ResourceType = { ...admission, plural: 'mutatingwebhookconfigurations' };
export const validatingWebhookConfigurations: ResourceType = {
  ...admission,
  plural: 'validatingwebhookconfigurations',
};
export const tokenReviews: ResourceType = { group: 'authentication.k8s.io', version: 'v1', plural: 'tokenreviews' };

/** Resilience as golden outputs show it: each target by its key, without the policies that it does not have. */
import { noResilience, type Resilience, type TargetPolicies } from '#shared/table/resilience.ts';

/** Nothing where no Resiliency is for the application. */
export function shownResilience(resilience: Resilience): { readonly resilience?: object } {
  if (resilience === noResilience) return {};
  const { resources, targets, defaults } = resilience;
  return {
    resilience: {
      resources: resources.map(({ name, namespace }) => (namespace === '' ? name : `${namespace}/${name}`)),
      targets: Object.fromEntries(targets.map(({ key, policies }) => [key, shownPolicies(policies)])),
      defaults: shownPolicies(defaults),
    },
  };
}

function shownPolicies(policies: TargetPolicies): object {
  return Object.fromEntries(Object.entries(policies).filter(([, policy]) => policy !== null));
}

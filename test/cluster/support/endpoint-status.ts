/** The status of an HTTPEndpoint or an object of another kind, and the Events about it, as the API server shows them. */
import { presentStatusOf, type Condition } from '../../../operator/status/condition.ts';
import type { KubeObject } from '../../../operator/kube/kube-object.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';

export interface ManagedFields {
  readonly manager: string;
  readonly subresource?: string;
  readonly fieldsV1: Readonly<Record<string, unknown>>;
}

export interface ShownEndpoint extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly managedFields?: readonly ManagedFields[] };
}

export interface EndpointViewer {
  get(name: string): Promise<ShownEndpoint>;
  condition(name: string, type: string): Promise<Condition | undefined>;
  /** `Accepted=True ResolvedRefs=True Programmed=False`. */
  shown(name: string): Promise<string>;
  /** `Normal Accepted: Accepted is True: …`, one an Event, in no order. */
  events(name: string): Promise<readonly string[]>;
}

interface EventObject {
  readonly type: string;
  readonly reason: string;
  readonly note: string;
  readonly regarding: { readonly name: string };
}

/** Looks into one namespace. */
export function endpointViewer(
  client: ControlPlaneClient,
  namespace: string,
  plural = 'httpendpoints',
): EndpointViewer {
  const get = (name: string): Promise<ShownEndpoint> =>
    client.mustRequest<ShownEndpoint>({
      method: 'GET',
      path: `/apis/dapr.io/v1alpha1/namespaces/${namespace}/${plural}/${name}`,
    });
  const conditions = async (name: string): Promise<readonly Condition[]> => presentStatusOf(await get(name)).conditions;
  return {
    get,
    condition: async (name, type) => (await conditions(name)).find((condition) => condition.type === type),
    shown: async (name) => (await conditions(name)).map(({ type, status }) => `${type}=${status}`).join(' '),
    async events(name) {
      const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
      const { items } = await client.mustRequest<{ readonly items: readonly EventObject[] }>({ method: 'GET', path });
      return items
        .filter(({ regarding }) => regarding.name === name)
        .map(({ type, reason, note }) => `${type} ${reason}: ${note}`);
    },
  };
}

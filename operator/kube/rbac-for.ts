/** The declared permissions -> RBAC objects. Pure. */
import type { NewObject } from './kube-client.ts';
import { permissions, type OptionalPart, type Permission } from './permissions.ts';

export interface RbacOptions {
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly operatorNamespace: string;
  /** The operator's, in its namespace. */
  readonly serviceAccount: string;
  /** Names of the objects begin with it. Defaults to farpoint-operator. */
  readonly namePrefix?: string;
  /** Whether it makes Services. Defaults to true. */
  readonly hasServices?: boolean;
  /** Whether it may evict Pods. Defaults to false. */
  readonly canEvict?: boolean;
  /** The ClusterRole that owns what it makes. Defaults to none. */
  readonly ownerClusterRole?: string;
  /** The configurations whose CA bundle it keeps current. Default to none. */
  readonly injectorName?: string;
  readonly validatorName?: string;
}

const apiVersion = 'rbac.authorization.k8s.io/v1';

/** Roles and bindings: what is the same everywhere in a ClusterRole, the rest in Roles of the namespaces that it concerns. */
export function rbacFor(options: RbacOptions): readonly NewObject[] {
  const { watchNamespaces, operatorNamespace } = options;
  const isEverywhere = watchNamespaces.length === 0;
  const granted = grantedPermissions(options);
  const clusterWide = granted.filter(({ where }) => where === 'cluster' || (isEverywhere && where === 'watched'));
  const watched = isEverywhere ? [] : granted.filter(({ where }) => where === 'watched');
  return [
    ...roleWithBinding(options, { namespace: '', suffix: '', permissions: clusterWide }),
    ...watchNamespaces.flatMap((namespace) =>
      roleWithBinding(options, { namespace, suffix: '-watched', permissions: watched }),
    ),
    ...roleWithBinding(options, {
      namespace: operatorNamespace,
      suffix: '-own',
      permissions: granted.filter(({ where }) => where === 'own'),
    }),
  ];
}

function grantedPermissions(options: RbacOptions): readonly Permission[] {
  const { hasServices = true, canEvict = false } = options;
  const { ownerClusterRole = '', injectorName = '', validatorName = '' } = options;
  // `null`: not granted; `''`: whatever the name.
  const nameByPart: Readonly<Record<OptionalPart, string | null>> = {
    services: hasServices ? '' : null,
    eviction: canEvict ? '' : null,
    owner: ownerClusterRole || null,
    injector: injectorName || null,
    validator: validatorName || null,
  };
  return permissions.flatMap((permission) => {
    const name = permission.only === undefined ? '' : nameByPart[permission.only];
    if (name === null) return [];
    return name === '' || permission.names.length > 0 ? [permission] : [{ ...permission, names: [name] }];
  });
}

interface Grant {
  /** `''`: cluster-wide. */
  readonly namespace: string;
  readonly suffix: string;
  readonly permissions: readonly Permission[];
}

function roleWithBinding(options: RbacOptions, grant: Grant): readonly NewObject[] {
  const { operatorNamespace, serviceAccount, namePrefix = 'farpoint-operator' } = options;
  const { namespace, suffix } = grant;
  const name = `${namePrefix}${suffix}`;
  const metadata = namespace === '' ? { name } : { name, namespace };
  const kind = namespace === '' ? 'ClusterRole' : 'Role';
  return [
    { apiVersion, kind, metadata, rules: grant.permissions.map(ruleFrom) },
    {
      apiVersion,
      kind: `${kind}Binding`,
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace: operatorNamespace }],
    },
  ];
}

function ruleFrom({ type, verbs, subresource, names }: Permission): Readonly<Record<string, readonly string[]>> {
  return {
    apiGroups: [type.group],
    resources: [subresource === '' ? type.plural : `${type.plural}/${subresource}`],
    verbs,
    ...(names.length === 0 ? {} : { resourceNames: names }),
  };
}

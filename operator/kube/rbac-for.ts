/** The declared permissions -> RBAC objects. Pure. */
import type { NewObject } from './kube-client.ts';
import { permissions, type Permission } from './permissions.ts';

export interface RbacOptions {
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly operatorNamespace: string;
  /** The operator's, in its namespace. */
  readonly serviceAccount: string;
  /** Names of the objects begin with it. Defaults to farpoint-operator. */
  readonly namePrefix?: string;
}

const apiVersion = 'rbac.authorization.k8s.io/v1';

/** Roles and bindings: what is the same everywhere in a ClusterRole, the rest in Roles of the namespaces that it concerns. */
export function rbacFor(options: RbacOptions): readonly NewObject[] {
  const { watchNamespaces, operatorNamespace } = options;
  const isEverywhere = watchNamespaces.length === 0;
  const clusterWide = permissions.filter(({ where }) => where === 'cluster' || (isEverywhere && where === 'watched'));
  const watched = isEverywhere ? [] : permissions.filter(({ where }) => where === 'watched');
  return [
    ...roleWithBinding(options, { namespace: '', suffix: '', permissions: clusterWide }),
    ...watchNamespaces.flatMap((namespace) =>
      roleWithBinding(options, { namespace, suffix: '-watched', permissions: watched }),
    ),
    ...roleWithBinding(options, {
      namespace: operatorNamespace,
      suffix: '-own',
      permissions: permissions.filter(({ where }) => where === 'own'),
    }),
  ];
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

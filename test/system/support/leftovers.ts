/** What there still is of Farpoint in a cluster that it was removed from. */
import type { Cluster } from './connect-cluster.ts';

interface Listed {
  readonly items: readonly {
    readonly kind: string;
    readonly metadata: {
      readonly name: string;
      readonly namespace?: string;
      readonly labels?: Readonly<Record<string, string>>;
    };
  }[];
}

/** Left to users. */
const ofUsers = /^(Namespace|CustomResourceDefinition) /;

/**
 * Of every kind, in every namespace, what has its name in a name or a label: `Service shop/orders-dapr`.
 */
export async function leftovers(cluster: Cluster): Promise<readonly string[]> {
  const kinds = await kubectl(cluster, 'api-resources', '--verbs=list', '--output=name');
  const names = kinds.split('\n').filter((name) => name !== '' && !name.startsWith('events'));
  const listed = await kubectl(
    cluster,
    'get',
    names.join(','),
    '--all-namespaces',
    '--output=json',
    '--ignore-not-found',
  );
  const { items } = (listed === '' ? { items: [] } : JSON.parse(listed)) as Listed;
  return items
    .filter(({ metadata: { name, labels = {} } }) => {
      const marks = [name, ...Object.entries(labels).flat()];
      return marks.some((mark) => mark.includes('farpoint')) || name.endsWith('-dapr');
    })
    .map(
      ({ kind, metadata: { namespace, name } }) => `${kind} ${namespace === undefined ? '' : `${namespace}/`}${name}`,
    )
    .filter((place) => !ofUsers.test(place));
}

async function kubectl(cluster: Cluster, ...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await cluster.kubectl(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

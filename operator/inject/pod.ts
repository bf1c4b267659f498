/** A Pod, as far as injection reads it. Whatever else it holds is passed on as it came. Pure. */
import * as z from 'zod/mini';
import { recordFrom } from '#shared/resources/read-field.ts';

/** The name of the proxy's container, the same as Dapr's: what looks for one finds the other. */
export const proxyContainerName = 'daprd';

const named = z.looseObject({ name: z.string() });
const texts = z.record(z.string(), z.string());

const containerSchema = z.looseObject({
  name: z.string(),
  env: z.nullish(z.array(named)),
  ports: z.nullish(z.array(z.looseObject({ containerPort: z.nullish(z.number()), protocol: z.nullish(z.string()) }))),
  volumeMounts: z.nullish(z.array(z.looseObject({ name: z.string(), mountPath: z.string() }))),
  restartPolicy: z.nullish(z.string()),
});

const podSchema = z.looseObject({
  metadata: z.looseObject({
    name: z.nullish(z.string()),
    labels: z.nullish(texts),
    annotations: z.nullish(texts),
    ownerReferences: z.nullish(z.array(z.looseObject({ kind: z.string() }))),
  }),
  spec: z.looseObject({
    containers: z.array(containerSchema),
    initContainers: z.nullish(z.array(containerSchema)),
    volumes: z.nullish(z.array(named)),
    imagePullSecrets: z.nullish(z.array(z.looseObject({ name: z.nullish(z.string()) }))),
    enableServiceLinks: z.nullish(z.boolean()),
    hostNetwork: z.nullish(z.boolean()),
    dnsPolicy: z.nullish(z.string()),
    os: z.nullish(z.looseObject({ name: z.string() })),
    nodeSelector: z.nullish(texts),
    terminationGracePeriodSeconds: z.nullish(z.number()),
  }),
});

export type Pod = z.infer<typeof podSchema>;
export type Container = z.infer<typeof containerSchema>;

/** A part of a pod that has a name: a volume, a variable. */
export type Named = z.infer<typeof named>;

export type PodReading = { readonly pod: Pod } | { readonly mistake: string };

/** Reads a Pod; the sentence says where it is not like one. */
export function readPod(value: unknown): PodReading {
  const { error } = podSchema.safeParse(value);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it was just checked; a copy would not be the same object
  if (error === undefined) return { pod: value as Pod };
  const place = error.issues[0]?.path.map(String).join('.') ?? '';
  return {
    mistake: `the pod cannot be read: ${place === '' ? 'it is no object' : `${place} is not as it should be`}.`,
  };
}

/** The annotations that are text; none when there is no such thing. */
export function annotationsOf(value: unknown): ReadonlyMap<string, string> {
  const annotations = recordFrom(recordFrom(recordFrom(value)?.['metadata'])?.['annotations']) ?? {};
  return new Map(Object.entries(annotations).flatMap(([key, text]) => (typeof text === 'string' ? [[key, text]] : [])));
}

/** Init containers and the others, in their order. */
export function allContainers({ spec }: Pod): readonly Container[] {
  return [...(spec.initContainers ?? []), ...spec.containers];
}

/** The proxy's container, or one that has its name. */
export function proxyContainerOf(pod: Pod): Container | undefined {
  return allContainers(pod).find(({ name }) => name === proxyContainerName);
}

/** Whether an init container is one that goes on beside the others. */
export function isNativeSidecar({ restartPolicy }: Container): boolean {
  return restartPolicy === 'Always';
}

/** Whether its containers are not for Linux. */
export function isWindowsPod({ spec }: Pod): boolean {
  return spec.os?.name === 'windows' || spec.nodeSelector?.['kubernetes.io/os'] === 'windows';
}

/** Requests and limits of the proxy: the operator's, unless an annotation says otherwise. Pure. */
import type { ProxyResources } from '#shared/settings/proxy-pod-settings.ts';
import { numberFromQuantity } from '#shared/settings/quantity.ts';
import { shownAnnotation, type Annotation, type PodAnnotations } from './pod-annotations.ts';

interface Amounts {
  readonly request: string;
  readonly limit: string;
}

/** A default never stands in the way of an annotation: it gives way to a request above it, or a limit below it. */
export function proxyResources(annotations: PodAnnotations, defaults: ProxyResources): ProxyResources {
  const cpu = amounts('cpu', { request: defaults.cpuRequest, limit: defaults.cpuLimit }, annotations);
  const memory = amounts('memory', { request: defaults.memoryRequest, limit: defaults.memoryLimit }, annotations);
  return { cpuRequest: cpu.request, cpuLimit: cpu.limit, memoryRequest: memory.request, memoryLimit: memory.limit };
}

function amounts(resource: 'cpu' | 'memory', defaults: Amounts, annotations: PodAnnotations): Amounts {
  const request = quantity(`sidecar-${resource}-request`, annotations);
  const limit = quantity(`sidecar-${resource}-limit`, annotations);
  const chosen = { request: request?.value ?? defaults.request, limit: limit?.value ?? defaults.limit };
  if (!exceeds(chosen.request, chosen.limit)) return chosen;
  if (request === null) return { ...chosen, request: chosen.limit };
  if (limit === null) return { ...chosen, limit: chosen.request };
  annotations.refuse(request, `it is more than ${shownAnnotation(limit)}; give less, or a higher limit`);
  return chosen;
}

function quantity(name: string, annotations: PodAnnotations): Annotation | null {
  const annotation = annotations.given(name);
  if (annotation === null || (numberFromQuantity(annotation.value) ?? 0) > 0) return annotation;
  annotations.refuse(annotation, 'give a quantity of more than 0, such as 100m or 128Mi');
  return null;
}

/** No limit is none that can be exceeded. */
function exceeds(request: string, limit: string): boolean {
  return (numberFromQuantity(request) ?? 0) > (numberFromQuantity(limit) ?? Number.POSITIVE_INFINITY);
}

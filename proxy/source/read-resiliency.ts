/** A document of kind Resiliency -> the resource. Apart from the other kinds: reading expressions takes memory that most proxies need not. */
import { parseResiliency } from '#shared/resources/parse-resiliency.ts';
import type { ReadDocument } from './manifest-file.ts';

/** Any other document is returned as it is. */
export function readResiliency(document: ReadDocument): ReadDocument {
  if (document.resource.kind !== 'unread-resiliency') return document;
  const { resiliency, problem } = parseResiliency(document.resource.manifest);
  return {
    ...document,
    resource: resiliency === null ? { kind: 'broken', problem } : { kind: 'resiliency', resiliency },
  };
}

/**
 * What one manifest file says, and what of its former content still counts while it is broken. Pure.
 *
 * The rule: a file that holds a document that cannot be read may be half written or half edited. Until that is mended,
 * resources that it held before and does not name now stay as they were, and so does a resource that it names in an
 * invalid form. A resource that is merely gone from a file that can be read is gone; so is all of an empty file.
 */
import type { Problem, Subject } from '#shared/errors/problem.ts';
import { readResource, type ReadOptions, type Resource } from './read-resource.ts';
import type { DocumentText } from './split-documents.ts';

export interface ManifestFile {
  /** Every document, with the text that it was made from. */
  readonly documents: readonly ReadDocument[];
  /** What counts: the readable documents in order. */
  readonly resources: readonly Resource[];
  /** What counts from before. */
  readonly keptResources: readonly Resource[];
  readonly problems: readonly Problem[];
}

export interface ReadDocument {
  readonly part: DocumentText;
  readonly resource: Resource;
}

export const emptyManifestFile: ManifestFile = { documents: [], resources: [], keptResources: [], problems: [] };

const staysInUse = 'what was read before stays in use';

/** Reads a document, or takes over what was made of the same text before. */
export function rereadDocument(
  part: DocumentText,
  formerByText: ReadonlyMap<string, ReadDocument>,
  options: ReadOptions,
): ReadDocument {
  const former = formerByText.get(part.text);
  if (former?.part.line === part.line) return former;
  const moved = former === undefined ? null : movedResource(former.resource, `${options.file}:${part.line}`);
  return { part, resource: moved ?? readResource(part, options) };
}

/** The same resource at another line. `null` for what speaks of lines itself. */
function movedResource(resource: Resource, location: string): Resource | null {
  switch (resource.kind) {
    case 'endpoint':
      return { ...resource, endpoint: movedTo(location, resource.endpoint) };
    case 'secret':
      return { ...resource, secret: movedTo(location, resource.secret) };
    case 'component':
      return { ...resource, component: movedTo(location, resource.component) };
    case 'resiliency':
      return { ...resource, resiliency: movedTo(location, resource.resiliency) };
    default:
      return null;
  }
}

function movedTo<Item extends { readonly subject: Subject }>(location: string, item: Item): Item {
  return { ...item, subject: { ...item.subject, location } };
}

/** The documents of a file by their text. */
export function documentsByText({ documents }: ManifestFile): ReadonlyMap<string, ReadDocument> {
  return new Map(documents.map((document) => [document.part.text, document]));
}

/** Puts a file together from its documents and from what it was before. */
export function manifestFileFrom(documents: readonly ReadDocument[], former: ManifestFile): ManifestFile {
  const formerByIdentity = new Map(countingIn(former).map((resource) => [identityOf(resource), resource]));
  const resources: Resource[] = [];
  const keptResources: Resource[] = [];
  const problems: Problem[] = [];
  let isBroken = false;
  for (const { resource } of documents) {
    const before = formerByIdentity.get(identityOf(resource));
    formerByIdentity.delete(identityOf(resource));
    if (resource.kind === 'invalid-endpoint' && before?.kind === 'endpoint') {
      const { subject, message } = resource.endpoint;
      problems.push({ subject, reason: 'InvalidSchema', message: `${message}; ${staysInUse}`, severity: 'error' });
      keptResources.push(before);
    } else if (resource.kind === 'broken') {
      isBroken = true;
      if (before !== undefined) keptResources.push(before);
      problems.push(before === undefined ? resource.problem : withKeptNote(resource.problem));
    } else {
      resources.push(resource);
    }
  }
  if (isBroken) keptResources.push(...formerByIdentity.values());
  return { documents, resources, keptResources, problems };
}

/** The file as it was, when it cannot be read at all now. */
export function unreadableFile(problem: Problem, former: ManifestFile): ManifestFile {
  const keptResources = countingIn(former);
  const said = keptResources.length === 0 ? problem : withKeptNote(problem);
  return { documents: [], resources: [], keptResources, problems: [said] };
}

/** The resources that are worth keeping. */
function countingIn({ resources, keptResources }: ManifestFile): readonly Resource[] {
  const kinds = new Set<Resource['kind']>(['endpoint', 'secret', 'component', 'resiliency']);
  return [...resources, ...keptResources].filter(({ kind }) => kinds.has(kind));
}

function withKeptNote(problem: Problem): Problem {
  return { ...problem, message: `${problem.message}; ${staysInUse}` };
}

/** Kind, namespace and name. Documents without a name are all alike and match nothing. */
function identityOf(resource: Resource): string {
  const subject = subjectOf(resource);
  return subject === null || subject.name === '' ? '' : `${subject.kind}/${subject.namespace}/${subject.name}`;
}

function subjectOf(resource: Resource): Subject | null {
  switch (resource.kind) {
    case 'endpoint':
    case 'invalid-endpoint':
      return resource.endpoint.subject;
    case 'secret':
      return resource.secret.subject;
    case 'component':
      return resource.component.subject;
    case 'resiliency':
      return resource.resiliency.subject;
    case 'broken':
      return resource.problem.subject;
    case 'other':
    case 'unread-resiliency':
      return null;
  }
}

/** Texts of the API server -> objects: checks what every object must have, and nothing more. Pure. */
import { recordFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import type { ServerVersion } from './kube-client.ts';
import type { KubeObject, ObjectMeta } from './kube-object.ts';
import { parseJson } from './parse-json.ts';

/** `null`: it is no JSON object. */
export function recordFromJson(text: string): UnknownRecord | null {
  try {
    return recordFrom(parseJson(text));
  } catch {
    return null;
  }
}

/** An object that the API server keeps; `null`: it lacks what those have. */
export function storedObjectFrom(value: unknown): KubeObject | null {
  if (!hasMetadata(value)) return null;
  const { name, namespace, uid, resourceVersion } = value.metadata;
  const isWhole = [name, uid, resourceVersion].every(isText) && (namespace === undefined || isText(namespace));
  return isWhole ? value : null;
}

/** Any object, reviews included, which have no name; `null`: it is none. */
export function anyObjectFrom(text: string): KubeObject | null {
  const record = recordFromJson(text);
  return hasMetadata(record) ? record : null;
}

/** A page of a list; `null`: it is none, or one of its objects is none. */
export function pageFrom(text: string): {
  readonly objects: readonly KubeObject[];
  readonly resourceVersion: string;
  readonly continueToken: string;
} | null {
  const record = recordFromJson(text);
  const { resourceVersion, continue: token } = recordFrom(record?.['metadata']) ?? {};
  const items = record?.['items'] ?? [];
  if (!isText(resourceVersion) || !Array.isArray(items)) return null;
  const objects: KubeObject[] = [];
  for (const item of items) {
    const object = storedObjectFrom(item);
    if (object === null) return null;
    objects.push(object);
  }
  return { objects, resourceVersion, continueToken: isText(token) ? token : '' };
}

/** The names of an APIResourceList; `null`: it is none. */
export function resourceNamesFrom(text: string): ReadonlySet<string> | null {
  const resources = recordFromJson(text)?.['resources'];
  if (!Array.isArray(resources)) return null;
  return new Set(resources.map((resource) => recordFrom(resource)?.['name']).filter(isText));
}

/** What /version says; `null`: nothing that can be read. Some vendors write `29+`. */
export function serverVersionFrom(text: string): ServerVersion | null {
  const { major, minor } = recordFromJson(text) ?? {};
  const [majorNumber, minorNumber] = [major, minor].map((part) => Number.parseInt(String(part), 10));
  if (majorNumber === undefined || minorNumber === undefined) return null;
  return Number.isNaN(majorNumber + minorNumber) ? null : { major: majorNumber, minor: minorNumber };
}

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object without what nobody needs and everybody would keep: who manages which field, and kubectl's copy of the whole manifest, which
 * for a Secret holds its values.
 */
export function trimmedObject(object: KubeObject): KubeObject {
  const metadata: ObjectMeta & { managedFields?: unknown } = { ...object.metadata };
  delete metadata.managedFields;
  if (metadata.annotations?.[lastApplied] === undefined) return { ...object, metadata };
  const { [lastApplied]: _copy, ...annotations } = metadata.annotations;
  return { ...object, metadata: { ...metadata, annotations } };
}

function hasMetadata(value: unknown): value is KubeObject {
  return recordFrom(recordFrom(value)?.['metadata']) !== null;
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

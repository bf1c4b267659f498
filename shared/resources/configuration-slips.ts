/**
 * Slips in the names of a Configuration's fields, where the field would guard something: left out, it would let everything by and nobody
 * would be told. Names that are like none are passed over, as in Dapr. Pure.
 */
import { nearestName } from '../settings/nearest-name.ts';
import { recordFrom } from './read-field.ts';

/** The fields that are known, and what is known within them; lists are looked at item by item. */
interface Fields {
  readonly [name: string]: Fields | null;
}

const pipeline: Fields = { handlers: { name: null, type: null, version: null, selector: null } };
const rules: Fields = { name: null, version: null, protocol: null };
const topFields: Fields = {
  apiVersion: null,
  kind: null,
  metadata: null,
  spec: {
    httpPipeline: pipeline,
    appHttpPipeline: pipeline,
    secrets: { scopes: { storeName: null, defaultAccess: null, allowedSecrets: null, deniedSecrets: null } },
    components: { deny: null },
    api: { allowed: rules, denied: rules },
    accessControl: null,
    features: null,
    logging: null,
    metric: null,
    metrics: null,
    mtls: null,
    nameResolution: null,
    tracing: null,
    wasm: null,
    workflow: null,
  },
};

/** No known name is nearly as long. */
const maxNameLength = 32;

/** A sentence for each, which begins with the field. */
export function configurationSlips(document: unknown): readonly string[] {
  return slipsIn(document, topFields, '');
}

function slipsIn(value: unknown, known: Fields, path: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => slipsIn(item, known, `${path}[${index}]`));
  return Object.entries(recordFrom(value) ?? {}).flatMap(([name, inner]) => {
    const at = path === '' ? name : `${path}.${name}`;
    if (Object.hasOwn(known, name)) {
      const fields = known[name] ?? null;
      return fields === null ? [] : slipsIn(inner, fields, at);
    }
    const meant = meantName(name, Object.keys(known));
    return meant === null ? [] : [`${at} is not known; is ${meant} meant?`];
  });
}

function meantName(name: string, names: readonly string[]): string | null {
  if (name.length > maxNameLength) return null;
  const lowerCased = names.map((known) => known.toLowerCase());
  const nearest = nearestName(name.toLowerCase(), lowerCased);
  return nearest === null ? null : (names[lowerCased.indexOf(nearest)] ?? null);
}

/**
 * Slips in the names of a Configuration's fields, where the field would guard something: left out, it would let everything by and nobody
 * would be told. Pure.
 */
import { fieldSlips, type KnownFields } from './field-slips.ts';

const pipeline: KnownFields = { handlers: { name: null, type: null, version: null, selector: null } };
const rules: KnownFields = { name: null, version: null, protocol: null };
const topFields: KnownFields = {
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

/** A sentence for each, which begins with the field. */
export function configurationSlips(document: unknown): readonly string[] {
  return fieldSlips(document, topFields);
}

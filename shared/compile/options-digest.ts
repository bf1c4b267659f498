/** A digest of options that is equal for equal content, on every replica. */
import type { TableOptions } from '../table/endpoint-table.ts';
import { canonicalJson, digestOf } from './fingerprint.ts';

/** Middleware by its revision, which stands for its values; everything else as it is. Safe to log. */
export function optionsDigest({ pipelines, ...rest }: TableOptions): string {
  const revisions = [pipelines.http, pipelines.app].map((entries) => entries.map(({ revision }) => revision));
  const { apiAccess, apiLogging, metrics, resilience } = rest;
  return digestOf(canonicalJson([apiAccess, apiLogging, metrics, resilience, revisions]));
}

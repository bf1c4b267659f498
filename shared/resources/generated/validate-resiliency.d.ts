// Generated from crds/resiliency.yaml by `make generate`. Do not edit.
import type { SchemaMistake } from '../schema-mistake.ts';

/** Whether the document is a valid Resiliency; fills in defaults in place. What is wrong stands in `errors`. */
export declare const validateResiliency: {
  (document: unknown): boolean;
  errors?: readonly SchemaMistake[] | null;
};

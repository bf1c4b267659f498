/** The part of a table that is not endpoints. */
import type { TableOptions } from './endpoint-table.ts';

/** A copy of the options alone. */
export function optionsOf({ apiAccess, apiLogging, metrics, resilience, pipelines }: TableOptions): TableOptions {
  return { apiAccess, apiLogging, metrics, resilience, pipelines };
}

/** What holds for the whole proxy: the Configuration, the pipelines and Resiliency of one audience. Pure. */
import type { Configuration } from '../resources/configuration.ts';
import type { TableOptions } from '../table/endpoint-table.ts';
import { noPipelines } from '../table/middleware.ts';
import { noResilience } from '../table/resilience.ts';

/** Puts the options together. */
export function compileOptions({ apiAccess, apiLogging, metrics }: Configuration): TableOptions {
  return { apiAccess, apiLogging, metrics, resilience: noResilience, pipelines: noPipelines };
}

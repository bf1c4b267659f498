/** The options of a proxy that nobody has said anything about. Every proxy loads this: it leads to no compiler. */
import { defaultConfiguration } from '../resources/configuration.ts';
import type { TableOptions } from '../table/endpoint-table.ts';
import { noPipelines } from '../table/middleware.ts';
import { noResilience } from '../table/resilience.ts';

const { apiAccess, apiLogging, metrics } = defaultConfiguration;

export const defaultOptions: TableOptions = {
  apiAccess,
  apiLogging,
  metrics,
  resilience: noResilience,
  pipelines: noPipelines,
};

/** How the middleware of the pipelines fares, and what it did with requests. Worked out at a scrape; names are bounded by the Configuration. */
import type { CollectedMetric } from 'prom-client/lib/registry.js';
import type { MiddlewareState } from '../middleware/middleware-slot.ts';
import { gaugeFamily, type GaugeSample } from './gauge-family.ts';
import { maxLabelLength } from './series-set.ts';

/** Asked at each scrape. */
export type ListMiddleware = () => readonly MiddlewareState[];

const maxListed = 200;

/** Makes the metrics of the middleware that is listed. */
export function middlewareMetrics(
  list: ListMiddleware,
  { appId }: { readonly appId: string },
): readonly CollectedMetric[] {
  return [
    gaugeFamily({
      name: 'dapr_httpendpoint_middleware_ready',
      help: 'Whether a middleware of a pipeline can be used (1), or what it guards is refused (0).',
      sample: () => listed().map((each) => sample(each, {}, each.state === 'ready' ? 1 : 0)),
    }),
    gaugeFamily({
      name: 'dapr_httpendpoint_middleware_requests_total',
      help: 'Requests that came to a middleware, by what it did with them.',
      type: 'counter',
      sample: () =>
        listed().flatMap((each) =>
          Object.entries(each.counts).map(([outcome, count]: [string, number]) => sample(each, { outcome }, count)),
        ),
    }),
  ];

  function listed(): readonly MiddlewareState[] {
    return list().slice(0, maxListed);
  }

  function sample(
    { name, type }: MiddlewareState,
    labels: Readonly<Record<string, string>>,
    value: number,
  ): GaugeSample {
    const cut = (text: string): string => text.slice(0, maxLabelLength * 2);
    return { labels: { app_id: appId, middleware: cut(name), type: cut(type), ...labels }, value };
  }
}

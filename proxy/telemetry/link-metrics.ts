/** How a proxy in kubernetes mode fares with its control plane. Worked out at a scrape. */
import type { CollectedMetric } from 'prom-client/lib/registry.js';
import { gaugeFamily, type GaugeSample } from './gauge-family.ts';

/** What is known of the link; always current. */
export interface LinkView {
  readonly isConnected: boolean;
  /** Streams that were opened since the start. */
  readonly connections: number;
  /** Connections that failed, or broke, since the start. */
  readonly failures: number;
  /** Tables that could not be used. */
  readonly refusedTables: number;
  /** Since anything was heard; `null`: never. */
  readonly silentForMs: number | null;
}

/** Makes the metrics of one link. */
export function linkMetrics(link: LinkView, { appId }: { readonly appId: string }): readonly CollectedMetric[] {
  const one = (value: number): readonly GaugeSample[] => [{ labels: { app_id: appId }, value }];
  return [
    gaugeFamily({
      name: 'dapr_httpendpoint_control_plane_connected',
      help: 'Whether a stream of the control plane is open (1) or not (0).',
      sample: () => one(link.isConnected ? 1 : 0),
    }),
    gaugeFamily({
      name: 'dapr_httpendpoint_control_plane_silence_seconds',
      help: 'Since anything was heard from the control plane, which speaks every 15 seconds.',
      sample: () => (link.silentForMs === null ? [] : one(link.silentForMs / 1000)),
    }),
    gaugeFamily({
      name: 'dapr_httpendpoint_control_plane_connections_total',
      help: 'Streams opened since the start.',
      type: 'counter',
      sample: () => one(link.connections),
    }),
    gaugeFamily({
      name: 'dapr_httpendpoint_control_plane_failures_total',
      help: 'Connections that could not be opened, or broke, since the start.',
      type: 'counter',
      sample: () => one(link.failures),
    }),
    gaugeFamily({
      name: 'dapr_httpendpoint_control_plane_refused_tables_total',
      help: 'Tables that could not be used, so that the one before stayed.',
      type: 'counter',
      sample: () => one(link.refusedTables),
    }),
  ];
}

/** Counts what the webhooks tell about themselves. Every label comes from a closed set. */
import type { AdmissionMetrics } from '../admission/admission-metrics.ts';
import type { MetricFamilies } from './metric-families.ts';

/** The API server waits for seconds; what is normal takes a millisecond. */
const bucketsSeconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Of the webhooks. */
export function admissionRecorder(families: MetricFamilies): AdmissionMetrics {
  const currentByWebhook = new Map<string, boolean>();
  families.gauge({
    name: 'webhook_ca_current',
    help: 'Whether the API server trusts our certificate, by webhook; of the leader only.',
    labelNames: ['webhook'],
    sample: () =>
      [...currentByWebhook].map(([webhook, isCurrent]) => ({ labels: { webhook }, value: isCurrent ? 1 : 0 })),
  });
  const injections = families.counter('injections_total', 'Pods that were looked at, by what became of them.', [
    'outcome',
    'reason',
  ]);
  const took = families.histogram('injection_duration_seconds', 'Time to decide about a Pod.', bucketsSeconds);
  const validations = families.counter('validations_total', 'Objects of ours that were checked.', ['kind', 'outcome']);
  const reviews = families.counter('reviews_refused_total', 'Reviews that were answered with an error.', ['code']);
  const connections = families.counter(
    'webhook_connections_refused_total',
    'Connections of the webhooks that were closed before anybody asked for anything on them.',
    ['reason'],
  );
  return {
    injectionDecided: (outcome, reason) => injections({ outcome, reason }),
    injectionTook: (ms) => took(ms / 1_000),
    validated: (kind, outcome) => validations({ kind, outcome }),
    reviewRefused: (code) => reviews({ code }),
    connectionRefused: (reason) => connections({ reason }),
    caBundleChecked: (webhook, isCurrent) => {
      if (isCurrent === null) currentByWebhook.delete(webhook);
      else currentByWebhook.set(webhook, isCurrent);
    },
  };
}

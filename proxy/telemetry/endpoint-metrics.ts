/**
 * What the table in use says of the HTTPEndpoints: how many can be called, which are refused and why, when their
 * certificates end. Dapr has none of these (spec/observability.md §3). Everything is worked out at a scrape.
 */
import type { CollectedMetric } from 'prom-client/lib/registry.js';
import type { Endpoint, EndpointTable } from '#shared/table/endpoint-table.ts';
import { firstExpirySeconds } from './certificate-expiry.ts';
import { gaugeFamily, type GaugeSample } from './gauge-family.ts';
import { nextTurn } from './next-turn.ts';
import { maxLabelLength } from './series-set.ts';

export interface EndpointMetricsOptions {
  readonly appId: string;
  readonly namespace: string;
  readonly now: () => Date;
}

interface Expiries {
  readonly revision: string;
  readonly client: number | null;
  readonly rootCa: number | null;
}

/** Endpoints listed by name; refused ones come first. */
const maxListed = 500;
/** Certificates are read this many endpoints at a time, so that a scrape does not hold requests up. */
const readAtOnce = 10;

export class EndpointMetrics {
  readonly #appId: string;
  readonly #namespace: string;
  readonly #now: () => Date;
  #table: EndpointTable | null = null;
  #listed: readonly Endpoint[] = [];
  #appliedAtSeconds = 0;
  #appliedCount = 0;
  #expiriesByName = new Map<string, Expiries>();

  constructor({ appId, namespace, now }: EndpointMetricsOptions) {
    this.#appId = appId;
    this.#namespace = namespace;
    this.#now = now;
  }

  tableApplied(table: EndpointTable): void {
    this.#table = table;
    this.#appliedAtSeconds = this.#now().getTime() / 1_000;
    this.#appliedCount += 1;
    const endpoints = [...table.endpointsByName.values()];
    const refused = endpoints.filter((endpoint) => endpoint.state === 'refused');
    this.#listed = [...refused, ...endpoints.filter((endpoint) => endpoint.state === 'ready')].slice(0, maxListed);
  }

  /** Reads the certificates of endpoints that have changed since they were last read. */
  async readCertificates(): Promise<void> {
    const before = this.#expiriesByName;
    const expiriesByName = new Map<string, Expiries>();
    let readCount = 0;
    for (const endpoint of this.#listed) {
      if (endpoint.state === 'refused' || endpoint.tls === null) continue;
      const known = before.get(endpoint.name);
      if (known?.revision === endpoint.revision) {
        expiriesByName.set(endpoint.name, known);
        continue;
      }
      const { identity, rootCa } = endpoint.tls;
      expiriesByName.set(endpoint.name, {
        revision: endpoint.revision,
        client: identity === null ? null : firstExpirySeconds(identity.certificateChain.reveal()),
        rootCa: rootCa === null ? null : firstExpirySeconds(rootCa.reveal()),
      });
      readCount += 1;
      if (readCount % readAtOnce === 0) await nextTurn();
    }
    this.#expiriesByName = expiriesByName;
  }

  get metrics(): readonly CollectedMetric[] {
    return [
      gaugeFamily({
        name: 'dapr_httpendpoint_loaded',
        help: 'HTTPEndpoints in use, by whether they can be called.',
        sample: () => this.#loaded(),
      }),
      gaugeFamily({
        name: 'dapr_httpendpoint_info',
        help: 'One per HTTPEndpoint: its state and, when it is refused, the reason.',
        sample: () => this.#info(),
      }),
      gaugeFamily({
        name: 'dapr_httpendpoint_certificate_expiry_timestamp_seconds',
        help: 'When the first certificate of a chain (client) or bundle (root_ca) ends.',
        sample: () => this.#expiries(),
      }),
      gaugeFamily({
        name: 'dapr_httpendpoint_table_info',
        help: 'The revision of the table in use.',
        sample: () => this.#tableInfo(),
      }),
      gaugeFamily({
        name: 'dapr_httpendpoint_table_applied_timestamp_seconds',
        help: 'When the table in use was applied.',
        sample: () => (this.#table === null ? [] : [this.#sample({}, this.#appliedAtSeconds)]),
      }),
      gaugeFamily({
        name: 'dapr_httpendpoint_table_applied_total',
        help: 'Tables applied since the start.',
        type: 'counter',
        sample: () => [this.#sample({}, this.#appliedCount)],
      }),
    ];
  }

  #loaded(): readonly GaugeSample[] {
    const endpoints = [...(this.#table?.endpointsByName.values() ?? [])];
    const ready = endpoints.filter((endpoint) => endpoint.state === 'ready').length;
    return [this.#sample({ state: 'ready' }, ready), this.#sample({ state: 'refused' }, endpoints.length - ready)];
  }

  #info(): readonly GaugeSample[] {
    return this.#listed.map((endpoint) => {
      const reason = endpoint.state === 'refused' ? endpoint.reason : '';
      return this.#sample({ name: nameLabel(endpoint.name), state: endpoint.state, reason }, 1);
    });
  }

  *#expiries(): Generator<GaugeSample> {
    for (const [name, { client, rootCa }] of this.#expiriesByName) {
      if (client !== null) yield this.#sample({ name: nameLabel(name), certificate: 'client' }, client);
      if (rootCa !== null) yield this.#sample({ name: nameLabel(name), certificate: 'root_ca' }, rootCa);
    }
  }

  #tableInfo(): readonly GaugeSample[] {
    if (this.#table === null) return [];
    return [this.#sample({ namespace: this.#namespace, revision: this.#table.revision }, 1)];
  }

  #sample(labels: Readonly<Record<string, string>>, value: number): GaugeSample {
    return { labels: { app_id: this.#appId, ...labels }, value };
  }
}

/** Kubernetes allows 253 characters, which distinct names use up. */
function nameLabel(name: string): string {
  return name.length > maxLabelLength * 2 ? name.slice(0, maxLabelLength * 2) : name;
}

/** What the table says about endpoints and certificates, as metrics. */
import { beforeAll, expect, test } from 'vitest';
import type { Endpoint, ReadyEndpoint } from '#shared/table/endpoint-table.ts';
import { Sensitive } from '#shared/table/sensitive.ts';
import { CertificateAuthority } from '../../../examples/certificates/certificate-authority.ts';
import { Metrics } from '../../../proxy/telemetry/metrics.ts';
import { parseExposition, valueOf, type Family } from '../../support/exposition.ts';
import { memoryLogger } from '../../support/memory-logger.ts';
import { tableWith } from '../../support/telemetry-records.ts';

const clientEnd = new Date('2030-01-02T03:04:05Z');
const rootEnd = new Date('2031-01-02T03:04:05Z');
const laterEnd = new Date('2032-01-02T03:04:05Z');

let rootPem: string;
let clientPem: string;
let keyPem: string;

beforeAll(async () => {
  const authority = await CertificateAuthority.create('telemetry test', { notAfter: laterEnd });
  const sooner = await CertificateAuthority.create('ends sooner', { notAfter: rootEnd });
  const client = await authority.issueClient({ name: 'client', notAfter: clientEnd });
  rootPem = authority.certificatePem + sooner.certificatePem;
  clientPem = client.chainPem;
  keyPem = client.privateKeyPem;
});

const appliedAt = new Date('2031-02-03T04:05:06Z');

function newMetrics(): Metrics {
  return new Metrics({ appId: 'shop', namespace: 'prod', logger: memoryLogger([]), now: () => appliedAt });
}

async function familiesOf(metrics: Metrics): Promise<ReadonlyMap<string, Family>> {
  return parseExposition((await metrics.render()).body);
}

function sensitive(value: string): Sensitive {
  return new Sensitive(value, { ref: 'test', version: '1' });
}

function ready(name: string, changes: Partial<ReadyEndpoint> = {}): ReadyEndpoint {
  const baseUrl = { origin: 'https://upstream', path: '', query: '', authorization: null };
  return {
    state: 'ready',
    name,
    revision: `${name}-1`,
    baseUrl,
    headers: [],
    environmentHeaders: [],
    tls: null,
    ...changes,
  };
}

function byName(endpoints: readonly Endpoint[]): ReadonlyMap<string, Endpoint> {
  return new Map(endpoints.map((endpoint) => [endpoint.name, endpoint]));
}

const refused: Endpoint = {
  state: 'refused',
  name: 'broken',
  revision: 'broken-1',
  reason: 'SecretNotFound',
  message: 'the secret "broken" is missing',
};

test('counts endpoints by state and names each with its reason', async () => {
  const metrics = newMetrics();
  metrics.tableApplied(tableWith({ endpointsByName: byName([ready('github'), refused]) }));
  const families = await familiesOf(metrics);
  expect(valueOf(families, 'dapr_httpendpoint_loaded', { state: 'ready' })).toBe(1);
  expect(valueOf(families, 'dapr_httpendpoint_loaded', { state: 'refused' })).toBe(1);
  const info = { name: 'broken', state: 'refused', reason: 'SecretNotFound' };
  expect(valueOf(families, 'dapr_httpendpoint_info', info)).toBe(1);
  expect(valueOf(families, 'dapr_httpendpoint_info', { name: 'github', state: 'ready', reason: '' })).toBe(1);
});

test('tells which table is in use, since when, and how many there were', async () => {
  const metrics = newMetrics();
  expect((await familiesOf(metrics)).get('dapr_httpendpoint_table_info')?.samples).toEqual([]);
  metrics.tableApplied(tableWith({ revision: 'r1' }));
  metrics.tableApplied(tableWith({ revision: 'r2' }));
  const families = await familiesOf(metrics);
  expect(valueOf(families, 'dapr_httpendpoint_table_info', { namespace: 'prod', revision: 'r2' })).toBe(1);
  const seconds = appliedAt.getTime() / 1_000;
  expect(valueOf(families, 'dapr_httpendpoint_table_applied_timestamp_seconds', {})).toBe(seconds);
  expect(valueOf(families, 'dapr_httpendpoint_table_applied_total', {})).toBe(2);
});

test('tells when the first certificate of a chain and of a bundle ends, and shows nothing else of them', async () => {
  const metrics = newMetrics();
  const tls = {
    rootCa: sensitive(rootPem),
    identity: { certificateChain: sensitive(clientPem), privateKey: sensitive(keyPem) },
  };
  metrics.tableApplied(tableWith({ endpointsByName: byName([ready('github', { tls }), ready('plain')]) }));
  const families = await familiesOf(metrics);
  const name = 'dapr_httpendpoint_certificate_expiry_timestamp_seconds';
  expect(valueOf(families, name, { name: 'github', certificate: 'root_ca' })).toBe(rootEnd.getTime() / 1_000);
  expect(valueOf(families, name, { name: 'github', certificate: 'client' })).toBe(clientEnd.getTime() / 1_000);
  expect(families.get(name)?.samples).toHaveLength(2);
  expect((await metrics.render()).body).not.toContain('BEGIN');
});

test('reads a certificate again only when its endpoint has changed', async () => {
  let reads = 0;
  const counted = sensitive(rootPem);
  const reveal = counted.reveal.bind(counted);
  counted.reveal = () => {
    reads += 1;
    return reveal();
  };
  const table = (revision: string): ReturnType<typeof tableWith> => {
    const tls = { rootCa: counted, identity: null };
    return tableWith({ revision, endpointsByName: byName([ready('github', { tls, revision })]) });
  };
  const metrics = newMetrics();
  metrics.tableApplied(table('r1'));
  expect(reads).toBe(0);
  await metrics.render();
  await metrics.render();
  metrics.tableApplied(table('r1'));
  await metrics.render();
  expect(reads).toBe(1);
  metrics.tableApplied(table('r2'));
  await metrics.render();
  expect(reads).toBe(2);
});

test('material that holds no certificate has no expiry and breaks nothing', async () => {
  const bad = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  const metrics = newMetrics();
  const tls = { rootCa: sensitive(bad), identity: null };
  metrics.tableApplied(tableWith({ endpointsByName: byName([ready('github', { tls })]) }));
  const families = await familiesOf(metrics);
  expect(families.get('dapr_httpendpoint_certificate_expiry_timestamp_seconds')?.samples).toEqual([]);
});

test('of very many endpoints it names the refused ones first, and no more than its cap', async () => {
  const many = Array.from({ length: 3_000 }, (_, index) => ready(`endpoint-${index}`));
  const metrics = newMetrics();
  metrics.tableApplied(tableWith({ endpointsByName: byName([...many, refused]) }));
  const families = await familiesOf(metrics);
  expect(valueOf(families, 'dapr_httpendpoint_loaded', { state: 'ready' })).toBe(3_000);
  const named = families.get('dapr_httpendpoint_info')?.samples.map(({ labels }) => labels['name']);
  expect(named).toHaveLength(500);
  expect(named?.[0]).toBe('broken');
});

test('the process reports its CPU, memory, start and file descriptors', async () => {
  const families = await familiesOf(newMetrics());
  expect(valueOf(families, 'process_cpu_seconds_total', {})).toBeGreaterThan(0);
  expect(valueOf(families, 'process_resident_memory_bytes', {})).toBeGreaterThan(1_000_000);
  expect(valueOf(families, 'process_start_time_seconds', {})).toBeLessThan(appliedAt.getTime() / 1_000);
  expect(valueOf(families, 'nodejs_heap_size_used_bytes', {})).toBeGreaterThan(1_000_000);
  expect(families.has('process_open_fds')).toBe(true);
});

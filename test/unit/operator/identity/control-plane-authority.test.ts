import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CertificateAuthority } from '../../../../examples/certificates/certificate-authority.ts';
import { authorityBench, readable, secretPath } from '../../../support/authority-bench.ts';
import { linkError } from '../../../support/link-error.ts';

const minuteMs = 60_000;

describe('the Secret', () => {
  test('is created by whoever comes first, and shared', async () => {
    const bench = authorityBench();
    const first = await bench.open();
    const second = await bench.open();
    expect(second.bundlePem()).toBe(first.bundlePem());
    expect(second.fingerprintKey()).toBe(first.fingerprintKey());
    expect(Buffer.from(first.fingerprintKey(), 'base64')).toHaveLength(32);
    expect(bench.client.countOf('create', 'secrets')).toBe(1);
  });

  test('is created once when two replicas start at the same moment', async () => {
    const bench = authorityBench();
    const [first, second] = await Promise.all([bench.open(), bench.open()]);
    expect(bench.client.countOf('create', 'secrets')).toBe(2);
    expect(second.bundlePem()).toBe(first.bundlePem());
    expect(second.fingerprintKey()).toBe(first.fingerprintKey());
  });

  test('is filled when it is there and empty', async () => {
    const bench = authorityBench();
    bench.client.put(secretPath, { metadata: { name: 'farpoint-control-plane', namespace: 'farpoint-system' } });
    const authority = await bench.open();
    expect(bench.secret()['ca.crt']).toBe(authority.bundlePem());
    expect(bench.client.countOf('replace', 'secrets')).toBe(1);
  });

  test('gets its owner with the next look of the leader, and another one when that changes', async () => {
    const bench = authorityBench();
    bench.isLeader = false;
    const authority = await bench.open();
    const uids = (): unknown => bench.client.object(secretPath)?.metadata.ownerReferences?.map(({ uid }) => uid);
    const before = bench.secret();
    bench.owner.become('one');
    await bench.refresh(authority);
    expect(uids()).toBeUndefined();
    bench.isLeader = true;
    await bench.refresh(authority);
    expect(uids()).toEqual(['one']);
    await bench.refresh(authority);
    expect(bench.client.countOf('replace', 'secrets')).toBe(1);
    bench.owner.become('two');
    await bench.refresh(authority);
    expect(uids()).toEqual(['two']);
    expect(bench.secret()).toEqual(before);
  });

  test('is waited for while the API server is away', async () => {
    const bench = authorityBench();
    bench.client.failure = () => linkError(0);
    const opening = bench.open();
    await bench.untilAsked(3);
    bench.client.failure = () => null;
    const authority = await bench.advancing(opening);
    expect(authority.bundlePem()).toContain('BEGIN CERTIFICATE');
  });

  test('ends the start when it may not be read', async () => {
    const bench = authorityBench();
    bench.client.failure = () => linkError(403);
    await expect(bench.open()).rejects.toMatchObject({ kind: 'fatal', status: 403 });
  });

  test.each([
    ['tls.crt holds no certificate', { 'tls.crt': 'nothing' }],
    ['tls.crt holds a certificate that cannot be read', { 'tls.crt': broken('CERTIFICATE') }],
    ['tls.key holds no private key that can be read', { 'tls.key': broken('PRIVATE KEY') }],
    ['ca.crt does not hold the certificate of tls.crt', { 'ca.crt': '' }],
    ['fingerprint-key is not 32 bytes in base64', { 'fingerprint-key': 'c2hvcnQ=' }],
    ['signing-since is not a date', { 'signing-since': 'yesterday' }],
  ])('ends the start when it is broken, and is left alone: %s', async (message, change) => {
    const bench = authorityBench();
    await bench.open();
    bench.edit(change);
    const before = bench.client.object(secretPath);
    await expect(bench.open()).rejects.toThrow(
      `Secret farpoint-system/farpoint-control-plane cannot be used: ${message}; correct it, or delete it and it is made again`,
    );
    expect(bench.client.object(secretPath)).toBe(before);
  });

  test('is broken when the key is of another certificate', async () => {
    const [bench, other] = [authorityBench(), authorityBench()];
    await bench.open();
    await other.open();
    bench.edit({ 'tls.key': other.secret()['tls.key'] ?? '' });
    await expect(bench.open()).rejects.toThrow('tls.key does not belong to tls.crt');
  });

  test('is broken when its authority is below another one, which clients would not take for a root', async () => {
    const bench = authorityBench();
    await bench.open();
    const root = await CertificateAuthority.create('root');
    const intermediate = await root.createIntermediate('below');
    bench.edit({ 'tls.crt': intermediate.certificatePem });
    await expect(bench.open()).rejects.toThrow('tls.crt is not self-signed');
  });

  test('takes an authority that somebody else made', async () => {
    const [bench, other] = [authorityBench(), authorityBench()];
    const authority = await bench.open();
    await other.open();
    const { 'tls.crt': certificate = '', 'tls.key': key = '' } = other.secret();
    bench.edit({ 'ca.crt': certificate + authority.bundlePem(), 'tls.crt': certificate, 'tls.key': key });
    await bench.refresh(authority);
    const leaf = new X509Certificate(authority.current().certificateChainPem);
    expect(leaf.checkIssued(new X509Certificate(certificate))).toBe(true);
    expect(authority.bundlePem()).toBe(bench.secret()['ca.crt']);
  });

  test('that breaks later is complained about once, and what was good stays in use', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    const [bundlePem, serving] = [authority.bundlePem(), authority.current()];
    bench.edit({ 'tls.key': 'gone' });
    const edited = bench.client.object(secretPath);
    await bench.refresh(authority);
    await bench.refresh(authority);
    expect(authority.bundlePem()).toBe(bundlePem);
    expect(authority.current()).toBe(serving);
    expect(bench.client.object(secretPath)).toBe(edited);
    const complaints = bench.lines.filter(({ level }) => level === 'error');
    expect(complaints).toHaveLength(1);
    expect(complaints[0]?.fields).toMatchObject({ why: 'tls.key holds no private key that can be read' });
  });

  test('that is deleted is restored by the leader alone, the same', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    const before = bench.secret();
    bench.client.remove(secretPath);
    bench.isLeader = false;
    await bench.refresh(authority);
    expect(bench.client.object(secretPath)).toBeUndefined();
    bench.isLeader = true;
    await bench.refresh(authority);
    expect(bench.secret()).toEqual(before);
  });

  test('keeps the fields of others', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    bench.edit({ note: 'ours' });
    bench.clock.advance(246 * bench.dayMs);
    await bench.refresh(authority);
    expect(bench.secret()).toMatchObject({ note: 'ours', 'next.crt': expect.any(String) as string });
  });

  test('keeps a certificate that somebody added to the bundle, until it expires', async () => {
    const [bench, other] = [authorityBench(), authorityBench()];
    const authority = await bench.open();
    const foreign = (await other.open()).bundlePem();
    bench.edit({ 'ca.crt': authority.bundlePem() + foreign });
    await bench.refresh(authority);
    expect(authority.bundlePem()).toContain(foreign);
    bench.clock.advance(364 * bench.dayMs);
    await bench.refresh(authority);
    expect(authority.bundlePem()).toContain(foreign);
    bench.clock.advance(2 * bench.dayMs);
    await bench.refresh(authority);
    expect(authority.bundlePem()).not.toContain(foreign);
  });

  test('never shows a key in a log line', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    bench.client.failure = () => linkError(500);
    await bench.refresh(authority);
    bench.client.failure = () => null;
    bench.edit({ 'tls.crt': bench.secret()['tls.key'] ?? '' });
    await bench.refresh(authority);
    const lines = readable(bench.lines);
    expect(bench.lines.length).toBeGreaterThan(2);
    expect(lines).not.toContain('PRIVATE KEY');
    expect(lines).not.toContain(authority.fingerprintKey());
  });
});

describe('the serving certificate', () => {
  test('is for the names of the operator, and verifies', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    const certificate = new X509Certificate(authority.current().certificateChainPem);
    const issuer = new X509Certificate(authority.bundlePem());
    expect(certificate.subjectAltName).toBe('DNS:farpoint-operator.farpoint-system.svc, IP Address:127.0.0.1');
    expect(certificate.verify(issuer.publicKey)).toBe(true);
    expect(certificate.checkIssued(issuer)).toBe(true);
    expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(certificate.ca).toBe(false);
  });

  test('is renewed when two thirds of its life are over, also without the API server', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    const changes: string[] = [];
    authority.onChanged(() => changes.push(digestOf(authority.current().certificateChainPem)));
    bench.clock.advance(16 * 60 * minuteMs - 1);
    await bench.refresh(authority);
    expect(changes).toEqual([]);
    bench.client.failure = () => linkError(0);
    bench.clock.advance(1);
    await bench.refresh(authority);
    expect(changes).toEqual([digestOf(authority.current().certificateChainPem)]);
  });

  test('is renewed by run', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    const seen = new Set([authority.current().certificateChainPem]);
    authority.onChanged(() => seen.add(authority.current().certificateChainPem));
    const controller = new AbortController();
    const running = authority.run(controller.signal);
    await bench.advancingUntil(() => seen.size > 2);
    controller.abort();
    await running;
    expect(seen).toContain(authority.current().certificateChainPem);
  });

  test('never outlives the authority', async () => {
    const bench = authorityBench();
    bench.isLeader = false;
    const authority = await bench.open();
    bench.clock.advance(365 * bench.dayMs - 60 * minuteMs);
    await bench.refresh(authority);
    const leaf = new X509Certificate(authority.current().certificateChainPem);
    expect(leaf.validToDate).toEqual(new X509Certificate(authority.bundlePem()).validToDate);
  });
});

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function broken(label: string): string {
  return `-----BEGIN ${label}-----\nbm90aGluZw==\n-----END ${label}-----\n`;
}

/** A whole rotation, watched by real TLS clients. */
import { X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { ControlPlaneAuthority } from '../../../../operator/identity/control-plane-authority.ts';
import { authorityBench, shortLifetimes, type AuthorityBench } from '../../../support/authority-bench.ts';
import { reachedWith, servePresented } from '../../../support/serve-presented.ts';

const minuteMs = 60_000;

interface Phase {
  readonly name: string;
  readonly bundlePem: string;
}

describe('a rotation', () => {
  test('lets a client with the bundle of the phase before connect in every phase', async () => {
    const bench = authorityBench({ lifetimes: shortLifetimes, startMs: new Date().getTime() });
    const [leader, follower] = [await bench.open(), await bench.open()];
    const server = await servePresented(follower);
    const phases: Phase[] = [];
    const look = async (name: string): Promise<void> => {
      await bench.refresh(leader);
      await bench.refresh(follower);
      phases.push({ name, bundlePem: follower.bundlePem() });
      for (const { name: phase, bundlePem } of phases.slice(-2)) {
        expect(await reachedWith(server, bundlePem), `in phase ${name} with the bundle of ${phase}`).toBe('connected');
      }
    };

    await look('steady');
    bench.clock.advance(130_000);
    await look('introduced');
    expect(sizeOf(follower)).toBe(2);
    bench.clock.advance(40_000);
    await look('switched');
    expect(sizeOf(follower)).toBe(2);
    bench.clock.advance(80_000);
    await look('retired');
    expect(sizeOf(follower)).toBe(1);

    const [first, , , last] = phases;
    expect(first?.bundlePem).not.toBe(last?.bundlePem);
    expect(stepsOf(bench)).toEqual(['introduce', 'switch', 'retire']);
  });

  test('lets a client that has only the first bundle connect while that is good', async () => {
    const bench = authorityBench({ lifetimes: shortLifetimes, startMs: new Date().getTime() });
    const authority = await bench.open();
    const server = await servePresented(authority);
    const oldBundlePem = authority.bundlePem();
    for (let passedMs = 0; passedMs < 250_000; passedMs += 10_000) {
      bench.clock.advance(10_000);
      await bench.refresh(authority);
      expect(await reachedWith(server, oldBundlePem), `${passedMs} ms later`).toBe('connected');
    }
    expect(authority.bundlePem()).not.toContain(oldBundlePem);
    expect(await reachedWith(server, authority.bundlePem())).toBe('connected');
  });

  test('is refused by a client of another authority', async () => {
    const [bench, other] = [authorityBench({ startMs: new Date().getTime() }), authorityBench()];
    const server = await servePresented(await bench.open());
    expect(await reachedWith(server, (await other.open()).bundlePem())).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  });

  test('is the leader’s alone', async () => {
    const bench = authorityBench();
    bench.isLeader = false;
    const authority = await bench.open();
    bench.clock.advance(300 * bench.dayMs);
    await bench.refresh(authority);
    expect(bench.client.countOf('replace', 'secrets')).toBe(0);
  });

  test('does not sign with the successor before the overlap is over', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    bench.clock.advance(246 * bench.dayMs);
    await bench.refresh(authority);
    const signer = bench.secret()['tls.crt'];
    bench.clock.advance(2 * bench.dayMs - 1);
    await bench.refresh(authority);
    expect(bench.secret()['tls.crt']).toBe(signer);
    bench.clock.advance(1);
    await bench.refresh(authority);
    expect(bench.secret()['tls.crt']).not.toBe(signer);
    expect(bench.secret()['previous.crt']).toBe(signer);
    expect(bench.secret()['next.key']).toBeUndefined();
  });

  test('is decided anew when another replica was faster', async () => {
    const bench = authorityBench();
    const [first, second] = [await bench.open(), await bench.open()];
    bench.clock.advance(246 * bench.dayMs);
    await Promise.all([bench.refresh(first), bench.refresh(second)]);
    await Promise.all([bench.refresh(first), bench.refresh(second)]);
    expect(second.bundlePem()).toBe(first.bundlePem());
    expect(stepsOf(bench)).toEqual(['introduce']);
  });

  test('starts over, loudly, when everything has expired', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    const before = authority.bundlePem();
    bench.clock.advance(366 * bench.dayMs);
    await bench.refresh(authority);
    expect(authority.bundlePem()).not.toContain(before);
    expect(sizeOf(authority)).toBe(1);
    expect(bench.lines.filter(({ level }) => level === 'error')).toHaveLength(1);
  });

  test('uses a successor that is there when the signer has expired', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    bench.clock.advance(364 * bench.dayMs);
    await bench.refresh(authority);
    const successor = bench.secret()['next.crt'];
    bench.clock.advance(bench.dayMs + minuteMs);
    await bench.refresh(authority);
    expect(bench.secret()['tls.crt']).toBe(successor);
    expect(authority.bundlePem()).toBe(successor);
  });

  test('goes on for years', async () => {
    const bench = authorityBench();
    const authority = await bench.open();
    for (let week = 0; week < 3 * 52; week += 1) {
      bench.clock.advance(7 * bench.dayMs);
      await bench.refresh(authority);
      const leaf = new X509Certificate(authority.current().certificateChainPem);
      expect(leaf.validToDate.getTime()).toBeGreaterThan(bench.clock.epochMs());
    }
    expect(stepsOf(bench).filter((step) => step === 'switch')).toHaveLength(4);
    expect(sizeOf(authority)).toBeLessThan(4);
    expect(bench.lines.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

function sizeOf(authority: ControlPlaneAuthority): number {
  return authority.bundlePem().split('BEGIN CERTIFICATE').length - 1;
}

function stepsOf({ lines }: AuthorityBench): readonly unknown[] {
  return lines.flatMap(({ fields }) => ('step' in fields ? [fields['step']] : []));
}

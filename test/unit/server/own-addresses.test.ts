import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { OwnAddresses } from '../../../proxy/server/own-addresses.ts';

function listeningOn(address: string): OwnAddresses {
  const own = new OwnAddresses();
  own.add({ address, port: 3500 });
  return own;
}

describe('own addresses', () => {
  test.for([
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '::ffff:127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.1', '10.0.0.1', false],
    ['localhost', '127.0.0.1', true],
    ['localhost', '::1', true],
    ['::1', '::1', true],
    ['::1', '127.0.0.1', false],
    ['0.0.0.0', '127.0.0.1', true],
    ['0.0.0.0', '127.9.9.9', true],
    ['::', '::1', true],
    ['::', '127.0.0.1', true],
    ['::', '::ffff:127.0.0.1', true],
    ['0.0.0.0', '203.0.113.9', false],
  ] as const)('listening on %s, a connection to %s ends here: %s', ([listening, remote, isOwn]) => {
    expect(listeningOn(listening).includes({ address: remote, port: 3500 })).toBe(isOwn);
  });

  test('another port is somebody else', () => {
    expect(listeningOn('127.0.0.1').includes({ address: '127.0.0.1', port: 3501 })).toBe(false);
    expect(new OwnAddresses().includes({ address: '127.0.0.1', port: 3500 })).toBe(false);
  });

  test('listening everywhere includes each address of this machine', () => {
    const addresses = Object.values(networkInterfaces()).flatMap((entries) =>
      (entries ?? []).map(({ address }) => address),
    );
    expect(addresses.length).toBeGreaterThan(0);
    for (const address of addresses) expect(listeningOn('0.0.0.0').includes({ address, port: 3500 })).toBe(true);
  });

  test('an address that was bound first and second both count', () => {
    const own = listeningOn('127.0.0.1');
    own.add({ address: '::1', port: 3500 });
    expect(own.includes({ address: '127.0.0.1', port: 3500 })).toBe(true);
    expect(own.includes({ address: '::1', port: 3500 })).toBe(true);
  });
});

/** Which connections have to go when there are too many. */
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { Connections } from '../../../../operator/listener/connections.ts';

describe('connections', () => {
  test('take the oldest from the address that has the most', () => {
    const { connections, refused } = limited({ maxStrangers: 4 });
    const few = add(connections, '10.0.0.1', 1);
    const many = add(connections, '10.0.0.2', 3);
    const [late] = add(connections, '10.0.0.3', 1);
    expect(refused()).toBe(1);
    expect(many.map(({ destroyed }) => destroyed)).toEqual([true, false, false]);
    expect([...few, late].every((socket) => socket?.destroyed === false)).toBe(true);
  });

  test('of pods that authenticated do not count', () => {
    const { connections, refused } = limited({ maxStrangers: 2, maxPerPod: 3 });
    const proxies = add(connections, '10.0.0.1', 2);
    expect(proxies.map((socket) => connections.admit(socket, 'pod-a'))).toEqual([true, true]);
    add(connections, '10.0.0.1', 2);
    expect(refused()).toBe(0);
    add(connections, '10.0.0.1', 1);
    expect(refused()).toBe(1);
    expect(proxies.some(({ destroyed }) => destroyed)).toBe(false);
  });

  test('of one pod are limited, and those that closed make room', async () => {
    const { connections } = limited({ maxStrangers: 10, maxPerPod: 2 });
    const [first, second, third] = add(connections, '10.0.0.1', 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error('too few');
    expect([first, second, third].map((socket) => connections.admit(socket, 'pod-a'))).toEqual([true, true, false]);
    expect(connections.admit(second, 'pod-a')).toBe(true);
    expect(connections.admit(third, 'pod-b')).toBe(true);
    await closed(first);
    expect(connections.admit(third, 'pod-a')).toBe(true);
    expect(connections.admit(first, 'pod-b')).toBe(false);
  });

  test('that were reset before they were accepted, or whose port comes again, are counted once', async () => {
    const { connections, refused } = limited({ maxStrangers: 2 });
    for (let count = 0; count < 10; count += 1) {
      const gone = new Socket();
      connections.add(gone);
      expect(gone.destroyed).toBe(true);
    }
    const [before] = add(connections, '10.0.0.1', 1);
    if (before === undefined) throw new Error('none');
    lastPort -= 1;
    const [again] = add(connections, '10.0.0.1', 1);
    if (again === undefined) throw new Error('none');
    await closed(before);
    expect(connections.admit(again, 'pod-a')).toBe(true);
    add(connections, '10.0.0.2', 2);
    expect(refused()).toBe(0);
    await closed(again);
    expect(connections.admit(again, 'pod-a')).toBe(false);
  });
});

function limited({ maxStrangers, maxPerPod = 8 }: { readonly maxStrangers: number; readonly maxPerPod?: number }): {
  readonly connections: Connections;
  readonly refused: () => number;
} {
  let count = 0;
  return {
    connections: new Connections({ maxStrangers, maxPerPod, onRefused: () => (count += 1) }),
    refused: () => count,
  };
}

let lastPort = 1_024;

function add(connections: Connections, remoteAddress: string, count: number): readonly Socket[] {
  return Array.from({ length: count }, () => {
    lastPort += 1;
    const socket = Object.defineProperties(new Socket(), {
      remoteAddress: { value: remoteAddress },
      remotePort: { value: lastPort },
    });
    connections.add(socket);
    return socket;
  });
}

async function closed(socket: Socket): Promise<void> {
  await new Promise((resolve) => socket.once('close', resolve).destroy());
}

import { describe, expect, test } from 'vitest';
import { nearestName } from '#shared/settings/nearest-name.ts';

const names = ['app-id', 'app-port', 'app-protocol', 'config', 'log-level'];

describe('nearestName', () => {
  test.each([
    ['app-prot', 'app-port'],
    ['appid', 'app-id'],
    ['loglevel', 'log-level'],
    ['confg', 'config'],
  ])('finds what %s was meant to be', (text, name) => {
    expect(nearestName(text, names)).toBe(name);
  });

  test.each(['', 'x', 'something-else', 'zzzzzz'])('suggests nothing for %j', (text) => {
    expect(nearestName(text, names)).toBeNull();
  });

  test('suggests nothing that is further away than the caller allows', () => {
    expect(nearestName('app-prot', names, 2)).toBe('app-port');
    expect(nearestName('app-prot', names, 1)).toBeNull();
  });
});

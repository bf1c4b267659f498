import { describe, expect, test } from 'vitest';
import { LinkError } from '#shared/errors/link-error.ts';
import { AddressPicker } from '../../../proxy/subscribe/address-picker.ts';

function pickerOf(addresses: readonly string[], random = 0, host = 'operator'): AddressPicker {
  const lookUp = async (): Promise<{ address: string; family: number }[]> =>
    addresses.map((address) => ({ address, family: 4 }));
  return new AddressPicker({ host, lookUp, random: () => random });
}

describe('AddressPicker', () => {
  test('picks any of the addresses by chance', async () => {
    const addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
    expect(await pickerOf(addresses, 0).next()).toBe('10.0.0.1');
    expect(await pickerOf(addresses, 0.5).next()).toBe('10.0.0.2');
    expect(await pickerOf(addresses, 1 - Number.EPSILON).next()).toBe('10.0.0.3');
  });

  test('takes another one after a failure, until all have failed', async () => {
    const picker = pickerOf(['10.0.0.1', '10.0.0.2', '10.0.0.2']);
    picker.avoid('10.0.0.1');
    expect(await picker.next()).toBe('10.0.0.2');
    picker.avoid('10.0.0.2');
    expect(await picker.next()).toBe('10.0.0.1');
    picker.avoid('10.0.0.1');
    expect(await picker.next()).toBe('10.0.0.2');
  });

  test('forgets failures once one works', async () => {
    const picker = pickerOf(['10.0.0.1', '10.0.0.2']);
    picker.avoid('10.0.0.1');
    picker.forgive();
    expect(await picker.next()).toBe('10.0.0.1');
  });

  test('looks nothing up for an address, and takes it again after a failure', async () => {
    for (const host of ['10.0.0.9', 'fd00::9']) {
      const picker = pickerOf([], 0, host);
      picker.avoid(host);
      expect(await picker.next()).toBe(host);
    }
  });

  test('says what to look at when a name leads nowhere', async () => {
    const lookUp = async (): Promise<never> => {
      throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    };
    const failed = new AddressPicker({ host: 'operator', lookUp, random: () => 0 }).next();
    await expect(failed).rejects.toThrow(LinkError);
    await expect(failed).rejects.toThrow('its host is not found (ENOTFOUND); look at --control-plane-address');
    await expect(pickerOf([]).next()).rejects.toThrow('its host is not found (no address)');
  });
});

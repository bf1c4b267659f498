import { expect, test } from 'vitest';
import { peerServerName } from '../../../../operator/peers/peer-server-name.ts';

test('another replica is verified by a DNS name, wherever it stands among the names', () => {
  expect(peerServerName(['10.0.0.7', '::1', 'farpoint.svc', 'farpoint'])).toBe('farpoint.svc');
  expect(peerServerName(['10.0.0.7'])).toBe('');
  expect(peerServerName([])).toBe('');
});

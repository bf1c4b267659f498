/** The harness itself: what the tests on a whole cluster stand on. */
import { expect, test } from 'vitest';
import { sharedCluster } from './support/shared-cluster.ts';

const cluster = sharedCluster();

test('its node is ready', async () => {
  expect(await cluster.isNodeReady()).toBe(true);
});

import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { systemClock } from '#shared/clock/clock.ts';
import { Exchange } from '../../../proxy/pipeline/exchange.ts';
import { UpgradeResponse } from '../../../proxy/server/upgrade-response.ts';
import { forwardWebSocket } from '../../../proxy/upstream/forward-websocket.ts';
import { openTestPool } from '../../support/open-test-pool.ts';
import { startRawUpstream } from '../../support/start-upstream.ts';

test('a handshake whose caller is gone already ends at once: its slot and its probe are not lost', async () => {
  let connections = 0;
  const upstream = await startRawUpstream(() => (connections += 1));
  const socket = new Socket();
  const request = new IncomingMessage(socket);
  Object.assign(request, { method: 'GET', url: '/', headers: { upgrade: 'websocket', connection: 'Upgrade' } });
  const exchange = new Exchange({ request, response: new UpgradeResponse(socket), startedAtMs: 0 });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  await closed;
  const pool = openTestPool(upstream.origin, null);
  const result = await forwardWebSocket({
    exchange,
    request,
    socket,
    head: Buffer.alloc(0),
    pool,
    path: '/',
    headers: [],
    clock: systemClock,
    deadline: null,
    onOpen: () => undefined,
  });
  expect(result).toMatchObject({ status: 0, error: { code: 'caller-left' } });
  expect(connections).toBe(0);
});

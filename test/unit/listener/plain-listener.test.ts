/** The listener for probes and scrapes: where it listens, and how it ends. */
import { expect, onTestFinished, test } from 'vitest';
import { startPlainListener, type PlainListener, type PlainListenerOptions } from '#shared/listener/plain-listener.ts';
import { ask } from '../../support/ask.ts';
import { openRawConnection } from '../../support/raw-connection.ts';

async function start(serve: PlainListenerOptions['serve'], port = 0): Promise<PlainListener> {
  const listener = await startPlainListener({ address: '127.0.0.1', port, serve });
  onTestFinished(() => listener.close());
  return listener;
}

test('serves on the port that it names, whatever body comes along', async () => {
  const { port } = await start(async (_request, response) => void response.end('served'));
  expect(await ask(port, { path: '/', method: 'POST', body: 'x'.repeat(1_000_000) })).toMatchObject({ body: 'served' });
});

test('a port that is taken is named, with what to do', async () => {
  const { port } = await start(async () => undefined);
  await expect(start(async () => undefined, port)).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port}: it is taken by another program; choose another port`,
  );
});

test('ends what is being read when it closes', async () => {
  const listener = await start(async (_request, response) => void response.write('the first half'));
  const connection = await openRawConnection(listener.port);
  connection.send('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await connection.receives('the first half');
  await listener.close();
  await connection.closed();
  expect(connection.received).not.toMatch(/0\r\n\r\n$/);
});

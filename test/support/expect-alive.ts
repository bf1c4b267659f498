/** After every bad input: the proxy still serves the next request. */
import { expect } from 'vitest';
import { isWholeResponse, rawExchange } from './raw-exchange.ts';

/** Calls an endpoint over a connection of its own and expects 200. */
export async function expectAlive(port: number, endpoint: string): Promise<void> {
  const request = `GET /v1.0/invoke/${endpoint}/method/alive HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  expect(await rawExchange(port, request, isWholeResponse)).toMatch(/^HTTP\/1\.1 200 /);
}

/** What a line looks like, as text and as JSON, in a file of the test. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLogger } from '#shared/logger/logger.ts';

/** The line that one warning becomes, without its time. */
async function lineOf(json: boolean): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'farpoint-logger-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'log');
  const logger = createLogger({ level: 'info', json, file, fields: { app_id: 'orders' } });
  logger.debug('too quiet');
  logger
    .child({ component: 'source' })
    .warn('a "message"', { reason: 'two\nlines', target: undefined, endpoints: ['a', 'b'], count: 0, kept: null });
  const written = (): string => {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      return '';
    }
  };
  await expect.poll(written).toMatch(/\n$/);
  return written().replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/, 'NOW');
}

test('text: one line, each value quoted as JSON has it, and no field that has none', async () => {
  expect(await lineOf(false)).toBe(
    String.raw`time=NOW level=warn msg="a \"message\"" component="source" app_id="orders" reason="two\nlines" endpoints=["a","b"] count=0 kept=null` +
      '\n',
  );
});

test('JSON: the same facts', async () => {
  const line = await lineOf(true);
  expect(line.match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(line.replace('NOW', '"now"'))).toEqual({
    level: 'warn',
    msg: 'a "message"',
    time: 'now',
    component: 'source',
    app_id: 'orders',
    reason: 'two\nlines',
    endpoints: ['a', 'b'],
    count: 0,
    kept: null,
  });
});

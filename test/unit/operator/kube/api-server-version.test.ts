/** The version of the API server: waited for a moment, remembered, and asked for again. */
import { expect, onTestFinished, test } from 'vitest';
import { ApiServerVersion } from '../../../../operator/kube/api-server-version.ts';
import type { ServerVersion } from '../../../../operator/kube/kube-client.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

const since = { major: 1, minor: 29 };

class Stage {
  readonly clock = new ManualClock();
  readonly lines: LogLine[] = [];
  answer: ServerVersion | null = null;
  asked = 0;
  readonly version = new ApiServerVersion({
    kube: {
      serverVersion: async () => {
        this.asked += 1;
        if (this.answer === null) throw linkError(503);
        return this.answer;
      },
    },
    clock: this.clock,
    logger: memoryLogger(this.lines),
  });

  start(): this {
    const stop = new AbortController();
    const running = this.version.run(stop.signal);
    onTestFinished(() => {
      stop.abort();
      return running;
    });
    return this;
  }
}

test.each([
  [{ major: 1, minor: 28 }, false],
  [{ major: 1, minor: 29 }, true],
  [{ major: 1, minor: 36 }, true],
  [{ major: 2, minor: 0 }, true],
  [{ major: 0, minor: 99 }, false],
])('%o', async (answer, isAtLeast) => {
  const stage = new Stage();
  stage.answer = answer;
  expect(await stage.start().version.isAtLeast(since)).toBe(isAtLeast);
});

test('an upgrade is noticed', async () => {
  const stage = new Stage();
  stage.answer = { major: 1, minor: 28 };
  stage.start();
  expect(await stage.version.isAtLeast(since)).toBe(false);
  stage.answer = { major: 1, minor: 29 };
  stage.clock.advance(60_000);
  await waitUntil(() => stage.version.isAtLeast(since));
  expect(stage.asked).toBe(2);
});

test('while it does not say, the answer is no, after a moment; said once; and what was known stays', async () => {
  const stage = new Stage().start();
  await waitUntil(() => stage.lines.length === 1);
  const asked = stage.version.isAtLeast(since);
  stage.clock.advance(3_000);
  expect(await asked).toBe(false);
  await waitUntil(() => stage.asked === 2);
  expect(stage.lines.map(({ level }) => level)).toEqual(['warn']);
  stage.answer = { major: 1, minor: 30 };
  stage.clock.advance(2_000);
  await waitUntil(() => stage.asked === 3);
  expect(await stage.version.isAtLeast(since)).toBe(true);
  stage.answer = null;
  stage.clock.advance(60_000);
  await waitUntil(() => stage.asked === 4);
  expect(await stage.version.isAtLeast(since)).toBe(true);
});

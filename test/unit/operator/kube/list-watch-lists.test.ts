/** The lists of a list-watch: the first one, whatever goes wrong meanwhile, and the ones that follow. */
import { describe, expect, test } from 'vitest';
import { kubeObject } from '../../../support/kube-objects.ts';
import { linkError } from '../../../support/link-error.ts';
import { advance, listWatchSite, settled } from '../../../support/list-watch-site.ts';
import { page } from '../../../support/scripted-object-source.ts';

const a = kubeObject('a', { resourceVersion: '10' });

describe('the first list', () => {
  test('is told whole, then the watch goes on from its version', async () => {
    const { source, told, watch } = await listWatchSite((at) => at.answer(page([a], '100')));
    expect(told).toEqual(['+a@10', '=']);
    expect(watch).toMatchObject({ isSynced: true, size: 1, lastContactMs: 0 });
    expect(source.newest.options).toMatchObject({ resourceVersion: '100', timeoutSeconds: 360 });
  });

  test('is read in pages', async () => {
    const { source, told } = await listWatchSite((at) =>
      at.answer(page([a], '100', 'second'), page([kubeObject('b')], '100', 'third'), page([], '100')),
    );
    expect(source.asked.map(({ limit, continueToken }) => [limit, continueToken])).toEqual([
      [500, ''],
      [500, 'second'],
      [500, 'third'],
    ]);
    expect(told).toEqual(['+a@10', '+b@1', '=']);
  });

  test('whose pages expire begins again at once, and is told once', async () => {
    const { source, told } = await listWatchSite((at) =>
      at.answer(page([a], '100', 'second'), linkError(410), page([a], '200', 'second'), page([kubeObject('b')], '200')),
    );
    expect(source.asked.map(({ continueToken }) => continueToken)).toEqual(['', 'second', '', 'second']);
    expect(told).toEqual(['+a@10', '+b@1', '=']);
    expect(source.newest.options.resourceVersion).toBe('200');
  });

  test('that begins again forgets what only the pages before had', async () => {
    const { told } = await listWatchSite((at) =>
      at.answer(page([a], '100', 'second'), linkError(410), page([kubeObject('b')], '200')),
    );
    // It went between the two: no watch from version 200 on will ever say so.
    expect(told).toEqual(['+a@10', '+b@1', '-a', '=']);
  });

  test('whose pages expire again and again is a failure', async () => {
    const at = await listWatchSite((source) =>
      source.answer(...Array.from({ length: 4 }, () => linkError(410)), page([a])),
    );
    expect(at.told).toEqual([]);
    await advance(at, 125);
    expect(at.told).toEqual(['+a@10', '=']);
  });

  test('asks for the same page again when it fails', async () => {
    const at = await listWatchSite((source) =>
      source.answer(page([a], '100', 'second'), linkError(503), page([], '100')),
    );
    expect(at.told).toEqual(['+a@10']);
    await advance(at, 125);
    expect(at.told).toEqual(['+a@10', '=']);
    expect(at.source.asked.map(({ continueToken }) => continueToken)).toEqual(['', 'second', 'second']);
  });

  test('asks for fewer objects when they are too large together', async () => {
    const { source, told } = await listWatchSite((at) =>
      at.answer({ state: 'too-large' }, { state: 'too-large' }, page([a])),
    );
    expect(source.asked.map(({ limit }) => limit)).toEqual([500, 63, 8]);
    expect(told).toEqual(['+a@10', '=']);
  });

  test('waits as long as it is asked to', async () => {
    const at = await listWatchSite((source) => source.answer(linkError(429, 7000), page([])));
    await advance(at, 7124);
    expect(at.source.asked).toHaveLength(1);
    await advance(at, 1);
    expect(at.told).toEqual(['=']);
  });

  test.each([403, 404, 400])('that is answered %i ends the run', async (status) => {
    const at = await listWatchSite((source) => source.answer(linkError(status)));
    expect(at.outcome()).toMatchObject({ status });
    expect(at.counted).toEqual(['list failed']);
  });

  test('waits longer and longer for a server that is away, and says so once', async () => {
    const at = await listWatchSite((source) => source.answerAlways(linkError(0)), 0.999);
    await advance(at, 120_000);
    expect(at.source.asked.length).toBeLessThan(13);
    expect(at.lines.filter(({ level }) => level === 'warn')).toMatchObject([{ message: 'a list failed' }]);
    expect(at.outcome()).toBe('running');
  });
});

describe('the periodic list', () => {
  test('comes when it is due, and tells what was missed', async () => {
    const at = await listWatchSite((source) => source.answer(page([a]), page([kubeObject('b')], '900')));
    expect(at.source.newest.options.timeoutSeconds).toBe(360);
    await advance(at, 60_000);
    for (let passed = 60; passed < 360; passed += 60) {
      at.source.newest.send('BOOKMARK', { metadata: { resourceVersion: '150' } });
      await settled();
      await advance(at, 60_000);
    }
    at.source.newest.end();
    await settled();
    expect(at.source.newest.options.timeoutSeconds).toBe(240);
    for (let passed = 360; passed < 600; passed += 60) {
      at.source.newest.send('BOOKMARK', { metadata: { resourceVersion: '160' } });
      await settled();
      await advance(at, 60_000);
    }
    at.source.newest.end();
    await settled();
    expect(at.counted).toEqual(['list first', 'watch closed', 'watch closed', 'list periodic']);
    expect(at.told).toEqual(['+a@10', '=', '+b@1', '-a', '=']);
  });
});

describe('the end', () => {
  test('during a watch is immediate', async () => {
    const at = await listWatchSite();
    at.stop();
    await settled();
    expect(at.outcome()).toBe('ended');
    expect(at.source.newest.options.signal.aborted).toBe(true);
  });

  test('during a pause is immediate', async () => {
    const at = await listWatchSite((source) => source.answerAlways(linkError(503)));
    at.stop();
    await settled();
    expect(at.outcome()).toBe('ended');
  });
});

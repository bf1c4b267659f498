/** The watches of a list-watch: what follows each kind of end, and when. */
import { describe, expect, test } from 'vitest';
import { kubeObject } from '../../../support/kube-objects.ts';
import { linkError } from '../../../support/link-error.ts';
import { advance, listWatchSite, settled } from '../../../support/list-watch-site.ts';
import { page, type ScriptedObjectSource } from '../../../support/scripted-object-source.ts';

const a = kubeObject('a', { resourceVersion: '10' });

describe('a watch', () => {
  test('tells what comes', async () => {
    const { source, told, watch } = await listWatchSite((at) => at.answer(page([a])));
    source.newest.send('ADDED', kubeObject('b', { resourceVersion: '101' }));
    source.newest.send('MODIFIED', kubeObject('a', { resourceVersion: '102' }));
    source.newest.send('DELETED', kubeObject('b', { resourceVersion: '103' }));
    await settled();
    expect(told).toEqual(['+a@10', '=', '+b@101', '+a@102', '-b']);
    expect(watch.size).toBe(1);
  });

  test.each([
    ['the last event', 'ADDED', kubeObject('b', { resourceVersion: '101' }), '101'],
    ['the last bookmark', 'BOOKMARK', { metadata: { resourceVersion: '150' } }, '150'],
    ['the last deletion', 'DELETED', kubeObject('a', { resourceVersion: '120' }), '120'],
  ])('that is cut goes on from %s, soon', async (_, type, object, version) => {
    const at = await listWatchSite((source) => source.answer(page([a])));
    at.source.newest.send(type, object);
    at.source.newest.cut();
    await settled();
    expect(at.source.watches).toHaveLength(1);
    await advance(at, 125);
    expect(at.source.newest.options.resourceVersion).toBe(version);
    expect(at.counted).toEqual(['list first', 'watch cut']);
  });

  test('that ends in order goes on at once', async () => {
    const at = await listWatchSite();
    await advance(at, 5000);
    at.source.newest.end();
    await settled();
    expect(at.source.watches).toHaveLength(2);
    expect(at.counted).toEqual(['list first', 'watch closed']);
  });

  test('that ends in order again and again is no loop', async () => {
    const at = await listWatchSite();
    at.source.newest.end();
    await settled();
    expect(at.source.watches).toHaveLength(1);
    await advance(at, 125);
    expect(at.source.watches).toHaveLength(2);
  });

  test.each(['end', 'cut'] as const)(
    'that ends with half a line (%s) tells nothing of it, and goes on from before',
    async (how) => {
      const at = await listWatchSite((source) => source.answer(page([a])));
      at.source.newest.sendText(JSON.stringify({ type: 'ADDED', object: kubeObject('b', { resourceVersion: '101' }) }));
      at.source.newest[how]();
      await settled();
      expect(at.counted).toEqual(['list first', 'watch cut']);
      expect(at.told).toEqual(['+a@10', '=']);
      await advance(at, 125);
      expect(at.source.newest.options.resourceVersion).toBe('100');
    },
  );

  test.each([
    ['a line that is no event', '{"type":"ADDED","object":{"meta\n', 'unparsable'],
    ['an unknown event', '{"type":"RENAMED","object":{}}\n', 'unparsable'],
    ['a line without end', 'x'.repeat(5 * 1024 * 1024), 'overlong'],
  ])('with %s is followed by a list', async (_, text, reason) => {
    const at = await listWatchSite((source) => source.answer(page([a]), page([kubeObject('b')], '200')));
    at.source.newest.sendText(text);
    await settled();
    await advance(at, 125);
    expect(at.counted).toEqual(['list first', `watch ${reason}`, `list ${reason}`]);
    expect(at.told).toEqual(['+a@10', '=', '+b@1', '-a', '=']);
    expect(at.source.newest.options.resourceVersion).toBe('200');
  });

  test('whose version has expired is followed by a list at once, whichever way it is said', async () => {
    const at = await listWatchSite((source) => source.answer(page([a]), page([], '200'), page([], '300')));
    at.source.newest.send('ERROR', { code: 410, reason: 'Expired' });
    await settled();
    expect(at.counted).toEqual(['list first', 'watch expired', 'list expired']);
    at.source.newest.send('BOOKMARK', { metadata: { resourceVersion: '250' } });
    at.source.refuseWatch(linkError(410));
    at.source.newest.cut();
    await settled();
    await advance(at, 125);
    expect(at.counted.slice(3)).toEqual(['watch cut', 'watch expired', 'list expired']);
    expect(at.source.newest.options.resourceVersion).toBe('300');
  });

  test('whose version expires each time is no loop', async () => {
    const at = await listWatchSite((source) => source.refuseWatch(...Array.from({ length: 20 }, () => linkError(410))));
    await settled();
    expect(at.source.asked).toHaveLength(2);
    await advance(at, 60_000);
    expect(at.source.asked.length).toBeLessThan(12);
  });

  test('that fails four times with an answer is followed by a list', async () => {
    const at = await listWatchSite((source) => source.refuseWatch(...Array.from({ length: 4 }, () => linkError(504))));
    await advance(at, 10_000);
    expect(at.counted).toEqual(['list first', ...Array.from({ length: 4 }, () => 'watch failed'), 'list stuck']);
    expect(at.source.watches).toHaveLength(1);
  });

  test('that cannot be opened for hours goes on from where it was', async () => {
    const at = await listWatchSite((source) => source.refuseWatch(...Array.from({ length: 300 }, () => linkError(0))));
    for (let i = 0; i < 5; i += 1) await advance(at, 60_000);
    expect(at.counted.filter((line) => line.startsWith('list'))).toEqual(['list first']);
    expect(at.counted.length).toBeLessThan(40);
  });

  test.each([
    ['refused', (source: ScriptedObjectSource) => source.refuseWatch(linkError(429, 4000))],
    [
      'ended',
      (source: ScriptedObjectSource) => source.newest.send('ERROR', { code: 429, details: { retryAfterSeconds: 4 } }),
    ],
  ])('that is %s with Retry-After waits for so long', async (how, act) => {
    const at = await listWatchSite((source) => {
      if (how === 'refused') act(source);
    });
    if (how === 'ended') act(at.source);
    await settled();
    const before = at.source.watches.length;
    await advance(at, 4124);
    expect(at.source.watches).toHaveLength(before);
    await advance(at, 1);
    expect(at.source.watches).toHaveLength(before + 1);
    expect(at.counted).toEqual(['list first', 'watch throttled']);
  });

  test('that says nothing for too long is replaced at once, without alarm', async () => {
    const at = await listWatchSite();
    await advance(at, 60_000);
    at.source.newest.send('BOOKMARK', { metadata: { resourceVersion: '150' } });
    await settled();
    await advance(at, 149_999);
    expect(at.source.watches).toHaveLength(1);
    await advance(at, 1);
    const [first] = at.source.watches;
    expect(first?.options.signal.aborted).toBe(true);
    expect(at.counted).toEqual(['list first', 'watch silent']);
    expect(at.source.newest.options.resourceVersion).toBe('150');
    expect(at.watch.lastContactMs).toBe(210_000);
    expect(at.lines.filter(({ level }) => level !== 'debug')).toEqual([]);
  });

  test('that is forbidden now is followed by a list, which says how things are', async () => {
    const at = await listWatchSite((source) => {
      source.refuseWatch(linkError(403));
      source.answer(page([a]));
    });
    at.source.answerAlways(linkError(403));
    await advance(at, 125);
    expect(at.counted).toEqual(['list first', 'watch failed', 'list failed']);
    expect(at.outcome()).toBe('running');
    await advance(at, 60_000);
    expect(at.outcome()).toMatchObject({ status: 403 });
    expect(at.told).toEqual(['+a@10', '=']);
  });

  test('after a minute makes up for the failures before it', async () => {
    const at = await listWatchSite((source) => source.refuseWatch(...Array.from({ length: 6 }, () => linkError(0))));
    await advance(at, 16_000);
    expect(at.source.watches).toHaveLength(1);
    await advance(at, 60_000);
    at.source.newest.cut();
    await settled();
    await advance(at, 125);
    expect(at.source.watches).toHaveLength(2);
  });
});

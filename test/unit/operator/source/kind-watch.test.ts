import { expect, test } from 'vitest';
import type { KubeObject } from '../../../../operator/kube/kube-object.ts';
import { httpEndpoints } from '../../../../operator/kube/resource-types.ts';
import { KindWatch } from '../../../../operator/source/kind-watch.ts';
import { FakeListWatches } from '../../../support/fake-list-watches.ts';
import { kubeObject } from '../../../support/kube-objects.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';

test('an object that cannot be taken in because of a bug is left out, and keeps no other one away', () => {
  const watches = new FakeListWatches();
  const lines: LogLine[] = [];
  const kept: string[] = [];
  const keeper = {
    upsert: ({ metadata: { name } }: KubeObject): void => {
      if (name === 'strange') throw new TypeError('a bug');
      kept.push(name);
    },
    remove: (): void => undefined,
    keys: (): Iterable<string> => [],
  };
  const watch = new KindWatch({
    type: httpEndpoints,
    namespaces: [''],
    labelSelector: '',
    isMetadataOnly: false,
    isOptional: false,
    keeper,
    createListWatch: watches.create,
    clock: new ManualClock(),
    logger: memoryLogger(lines),
    onProgress: () => undefined,
  });
  void watch.run(new AbortController().signal);
  watches.show('httpendpoints', kubeObject('a'), kubeObject('strange'), kubeObject('b'));
  expect(kept).toEqual(['a', 'b']);
  expect(lines).toMatchObject([
    { level: 'error', fields: { object: 'default/strange', kind: 'httpendpoints.dapr.io' } },
  ]);
});

import { expect, test } from 'vitest';
import { chooseSuites } from '../../support/choose-suites.ts';

test.each([
  ['', '', ['main', 'cluster', 'system'], false],
  ['cluster', '', ['cluster', 'system'], true],
  ['system', '', ['system'], true],
  ['', 'unit/tables feature/push', ['main'], false],
  ['', 'unit/cluster/child-processes', ['main'], false],
  ['', 'cluster/lease', ['cluster'], true],
  ['', 'test/cluster', ['cluster'], true],
  ['', './test/system/cluster.test.ts', ['system'], true],
  ['cluster', 'system/cluster', ['system'], true],
  ['cluster', 'lease', ['cluster'], true],
  ['system', 'upgrade', ['system'], true],
])('asked for %j, only %j', (asked, only, suites, isAskedFor) => {
  expect(chooseSuites(asked, only)).toEqual({ suites, isAskedFor });
});

/** Tables come into force in order, and none before what it needs is loaded. */
import { expect, test } from 'vitest';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import { TableSwitch } from '../../../proxy/table-switch.ts';
import { tableWith } from '../../support/telemetry-records.ts';

/** Tables named in `slow` wait for `loading` until it has ended once. */
function setStage(slow: readonly string[]): {
  readonly tables: TableSwitch;
  readonly inForce: string[];
  readonly failures: unknown[];
  readonly loading: PromiseWithResolvers<void>;
  readonly come: (...revisions: readonly string[]) => void;
} {
  const inForce: string[] = [];
  const failures: unknown[] = [];
  const loading = Promise.withResolvers<void>();
  let isLoaded = false;
  const put = ({ revision }: EndpointTable): void => {
    if (revision === 'bad') throw new Error('bad table');
    inForce.push(revision);
  };
  const load = ({ revision }: EndpointTable): Promise<void> | null =>
    isLoaded || !slow.includes(revision) ? null : loading.promise.then(() => void (isLoaded = true));
  const tables = new TableSwitch({ load, put, onFailure: (error) => failures.push(error) });
  const come = (...revisions: readonly string[]): void => {
    for (const revision of revisions) void tables.apply(tableWith({ revision }));
  };
  return { tables, inForce, failures, loading, come };
}

test("a table that needs nothing is in force at once, and its failure is the caller's", () => {
  const { inForce, come } = setStage([]);
  come('a', 'b');
  expect(inForce).toEqual(['a', 'b']);
  expect(() => come('bad')).toThrow('bad table');
  come('c');
  expect(inForce).toEqual(['a', 'b', 'c']);
});

test('the one before stays until the next is loaded; of those that come meanwhile the last one counts', async () => {
  const { tables, inForce, loading, come } = setStage(['slow', 'slower']);
  come('a', 'slow', 'b', 'slower', 'c', 'slower');
  expect(inForce).toEqual(['a']);
  loading.resolve();
  await tables.settled();
  expect(inForce).toEqual(['a', 'slower']);
  come('slow');
  expect(inForce).toEqual(['a', 'slower', 'slow']);
});

test('what cannot be loaded is told, and the next table is tried', async () => {
  const { tables, inForce, failures, loading, come } = setStage(['slow']);
  come('a', 'slow');
  loading.reject(new Error('no such file'));
  await tables.settled();
  expect([inForce, failures]).toEqual([['a'], [new Error('no such file')]]);
  come('b');
  expect(inForce).toEqual(['a', 'b']);
});

test('a table that cannot be used after it was loaded is told', async () => {
  const { tables, inForce, failures, loading, come } = setStage(['slow']);
  come('slow', 'bad');
  loading.resolve();
  await tables.settled();
  expect([inForce, failures]).toEqual([[], [new Error('bad table')]]);
});

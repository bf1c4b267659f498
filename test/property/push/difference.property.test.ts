/** Whatever a proxy held: after the lines of a transfer it holds the table. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageLines } from '../../../operator/push/message-lines.ts';
import { SetDifferences } from '../../../operator/push/set-differences.ts';
import { TableTransfer } from '../../../operator/push/table-transfer.ts';
import { defaultOptions } from '#shared/compile/default-options.ts';
import type { EndpointSet } from '../../../operator/tables/audience-table.ts';
import { fakeEndpoint } from '../../support/fake-board.ts';
import type { Line } from '../../support/push-reader.ts';

/** Name -> secret. A name is in one of the two parts of a table. */
const contents = fc.dictionary(
  fc.constantFrom('one', 'two', 'three', 'four', 'five', 'six'),
  fc.record({ secret: fc.string({ unit: 'binary' }), part: fc.constantFrom('shared', 'scoped') }),
);

describe('a transfer', () => {
  test('takes a proxy from one table to another, in whole lines', () => {
    fc.assert(
      fc.property(contents, contents, fc.integer({ min: 1, max: 400 }), (from, to, pieceBytes) => {
        const differences = new SetDifferences();
        const parts = ['shared', 'scoped'] as const;
        const transfer = new TableTransfer({
          differences: parts.map((part) => differences.between(setOf(from, part), setOf(to, part))),
          revision: 'next',
          options: defaultOptions,
          lines: new MessageLines(),
          pieceBytes,
        });
        const pieces: string[] = [];
        while (!transfer.isComplete) pieces.push(transfer.nextPiece().toString());
        expect(pieces.every((piece) => piece.endsWith('\n'))).toBe(true);
        const lines = pieces
          .join('')
          .split('\n')
          .slice(0, -1)
          .map((line) => JSON.parse(line) as Line);
        expect(lines.filter(({ type }) => type === 'SYNCED')).toEqual([lines.at(-1)]);
        expect(transfer.changes).toBe(lines.length - 1);
        expect(applied(revisionsOf(from), lines)).toEqual(revisionsOf(to));
        const isSame = JSON.stringify(from) === JSON.stringify(to);
        expect(!isSame || lines.length === 1).toBe(true);
      }),
    );
  });
});

type Contents = Readonly<Record<string, { readonly secret: string; readonly part: string }>>;

function setOf(all: Contents, part: string): EndpointSet {
  const own = Object.entries(all).filter(([, content]) => content.part === part);
  return {
    digest: JSON.stringify(own),
    endpointsByName: new Map(own.map(([name, { secret }]) => [name, fakeEndpoint(name, secret)])),
  };
}

function revisionsOf(all: Contents): ReadonlyMap<string, string> {
  return new Map(Object.entries(all).map(([name, { secret }]) => [name, fakeEndpoint(name, secret).revision]));
}

function applied(held: ReadonlyMap<string, string>, lines: readonly Line[]): ReadonlyMap<string, string> {
  const result = new Map(held);
  for (const line of lines) {
    if (line.type === 'DELETE') result.delete(String(line['name']));
    if (line.type !== 'UPSERT') continue;
    const { name, revision } = line['endpoint'] as { readonly name: string; readonly revision: string };
    result.set(name, revision);
  }
  return result;
}

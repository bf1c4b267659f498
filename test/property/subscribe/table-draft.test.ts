/**
 * Whatever an operator sends, however much of it arrives broken, and wherever streams end: a table in use is always one that
 * the operator had, whole; and after one good SYNCED it is the newest.
 */
import fc from 'fast-check';
import { test } from 'vitest';
import { defaultOptions } from '#shared/compile/default-options.ts';
import { HeldTable } from '../../../proxy/subscribe/held-table.ts';
import { SharedDocuments } from '../../../proxy/subscribe/shared-documents.ts';
import { TableDraft } from '../../../proxy/subscribe/table-draft.ts';

/** Revision by name: all that matters of a table here. */
type Content = Readonly<Record<string, string>>;

interface Step {
  readonly content: Content;
  /** The stream ends before it, and the proxy says what it holds. */
  readonly isReconnected: boolean;
  /** These endpoints arrive broken. */
  readonly broken: readonly string[];
  /** A line of it gets lost. */
  readonly isLineLost: boolean;
  /** The stream ends before SYNCED. */
  readonly isCut: boolean;
}

const names = ['a', 'b', 'c', 'd'];
const name = fc.constantFrom(...names);
const content = fc.dictionary(name, fc.constantFrom('1', '2', '3'));
const rarely = fc.integer({ min: 0, max: 9 }).map((number) => number === 0);
const step: fc.Arbitrary<Step> = fc.record({
  content,
  isReconnected: rarely,
  broken: fc.oneof(fc.constant([]), fc.constant([]), fc.uniqueArray(name, { maxLength: 2 })),
  isLineLost: rarely,
  isCut: rarely,
});
const drafting = {
  filling: { env: new Map<string, string>(), allowedEnvNames: null, fingerprintKey: 'k' },
  documents: new SharedDocuments(),
};

function revisionOf(table: Content): string {
  return JSON.stringify(names.flatMap((key) => (key in table ? [[key, table[key]]] : [])));
}

function contentOf(held: HeldTable): Content {
  return Object.fromEntries([...held.table.endpointsByName].map(([key, { revision }]) => [key, revision]));
}

/** The two ends, as the push server and ControlPlaneTables put them together. */
class Ends {
  held = HeldTable.none();
  #draft = new TableDraft(this.held, drafting);
  /** What the operator has sent on this stream, or was told. */
  #sent: Content = {};

  reconnect(): void {
    this.#draft = new TableDraft(this.held, drafting);
    this.#sent = this.held.hello('').revisionsByName;
  }

  take({ content: next, broken, isLineLost, isCut }: Step): void {
    for (const gone of names.filter((key) => key in this.#sent && !(key in next))) this.#draft.delete(gone, 1);
    for (const [key, revision] of Object.entries(next)) {
      if (this.#sent[key] === revision) continue;
      const endpoint = { state: 'refused', name: key, revision, reason: 'R', message: 'm' };
      this.#draft.upsert(broken.includes(key) ? { ...endpoint, reason: null } : endpoint, 1);
    }
    if (isLineLost) this.#draft.spoil('lost');
    if (isCut) return this.reconnect();
    this.#sent = next;
    const outcome = this.#draft.sync({ type: 'SYNCED', revision: revisionOf(next), options: defaultOptions });
    if (outcome.state === 'usable') {
      this.held = outcome.held;
      this.#draft.accept(outcome.held);
    } else if (outcome.isOutOfStep) {
      this.reconnect();
    }
  }
}

test('a table in use is one that the operator had, and in the end it is the newest', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), content, (steps, last) => {
      const ends = new Ends();
      const had = new Set([revisionOf({})]);
      for (const one of steps) {
        had.add(revisionOf(one.content));
        if (one.isReconnected) ends.reconnect();
        ends.take(one);
        if (!had.has(revisionOf(contentOf(ends.held)))) return false;
        if (!ends.held.isNone && ends.held.table.revision !== revisionOf(contentOf(ends.held))) return false;
      }
      ends.reconnect();
      ends.take({ content: last, isReconnected: false, broken: [], isLineLost: false, isCut: false });
      return revisionOf(contentOf(ends.held)) === revisionOf(last);
    }),
    { numRuns: 1000 },
  );
});

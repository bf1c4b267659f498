/**
 * One stream to one proxy. One small write is under way at most; when the connection has taken it, the next is the difference to
 * the newest table, so a slow proxy skips what came between and nothing queues up for it. The base of a difference is what was
 * sent on this stream before, whether or not the proxy could use it.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '#shared/clock/clock.ts';
import type { Acknowledgement } from '#shared/push/push-channel.ts';
import type { ProxyIdentity } from '../identity/proxy-identity.ts';
import type { AudienceTable } from '../tables/audience-table.ts';
import { drainLine, pingLine, type MessageLines } from './message-lines.ts';
import type { PushLimits } from './push-limits.ts';
import type { PushMetrics, StreamEnd } from './push-metrics.ts';
import { differenceFrom, type SetDifference, type SetDifferences } from './set-differences.ts';
import { TableTransfer } from './table-transfer.ts';

/** What all streams share. */
export interface StreamTools {
  readonly clock: Clock;
  readonly limits: PushLimits;
  readonly metrics: PushMetrics;
  readonly lines: MessageLines;
  readonly differences: SetDifferences;
}

export interface PushStreamOptions {
  /** Its header has been written. */
  readonly response: ServerResponse;
  readonly id: string;
  readonly identity: ProxyIdentity;
  /** What the proxy holds already, by name. */
  readonly heldRevisions: ReadonlyMap<string, string>;
  readonly table: AudienceTable;
  readonly tools: StreamTools;
}

/** SYNCEDs that may be without an answer; an answer to an older one says nothing. */
const maxUnanswered = 8;

export class PushStream {
  readonly id: string;
  readonly identity: ProxyIdentity;
  readonly #tools: StreamTools;
  readonly #response: ServerResponse;
  readonly #openedAtEpochMs: number;
  /** Null until the first transfer is put together. */
  #heldRevisions: ReadonlyMap<string, string> | null;
  #newest: AudienceTable;
  #sent: AudienceTable | null = null;
  #transfer: TableTransfer | null = null;
  #transferTable: AudienceTable | null = null;
  #unanswered: AudienceTable[] = [];
  #lastWriteMs: number;
  #isWriting = false;
  #drain: { readonly reconnectAfterMs: number; readonly endAtMs: number; isTold: boolean } | null = null;
  #end: { readonly reason: StreamEnd; readonly atMs: number } | null = null;

  constructor({ response, id, identity, heldRevisions, table, tools }: PushStreamOptions) {
    this.id = id;
    this.identity = identity;
    this.#tools = tools;
    this.#response = response;
    this.#openedAtEpochMs = tools.clock.epochMs();
    this.#heldRevisions = heldRevisions;
    this.#newest = table;
    this.#lastWriteMs = tools.clock.monotonicMs();
  }

  /** Why it ended; null: it is open. */
  get endReason(): StreamEnd | null {
    return this.#end?.reason ?? null;
  }

  /** Takes the newest table, and sends what differs as soon as the connection can take it. */
  offer(table: AudienceTable): void {
    this.#newest = table;
    this.#writeNext();
  }

  /** The table that an acknowledgement is about; null when it is not one of the last that were sent. */
  answered({ revision }: Acknowledgement): AudienceTable | null {
    const at = this.#unanswered.findLastIndex((table) => table.revision === revision);
    const table = this.#unanswered[at];
    if (table === undefined) return null;
    this.#unanswered = this.#unanswered.slice(at + 1);
    return table;
  }

  /** Asks the proxy to reconnect after this delay; the stream ends `graceMs` later. What was asked before holds if it is sooner. */
  drain(reconnectAfterMs: number, graceMs: number): void {
    const endAtMs = this.#tools.clock.monotonicMs() + reconnectAfterMs + graceMs;
    if (this.#drain !== null && this.#drain.endAtMs <= endAtMs) return;
    this.#drain = { reconnectAfterMs, endAtMs, isTold: false };
    this.#writeNext();
  }

  /** Ends it now: what is written already has `lingerMs` to leave. */
  end(reason: StreamEnd): void {
    if (this.#end !== null) return;
    this.#end = { reason, atMs: this.#tools.clock.monotonicMs() };
    this.#transfer = null;
    this.#response.end();
  }

  /** Ends it without another byte. */
  destroy(reason: StreamEnd): void {
    this.#end ??= { reason, atMs: this.#tools.clock.monotonicMs() };
    this.#response.destroy();
  }

  /** Does what is due: PING, the end of a token, of a drain, of a reader that reads nothing. To be called each second. */
  tick(nowMs: number, epochMs: number): void {
    const { limits } = this.#tools;
    if (this.#end !== null)
      return nowMs - this.#end.atMs >= limits.lingerMs ? void this.#response.destroy() : undefined;
    const quietMs = nowMs - this.#lastWriteMs;
    if (this.#isWriting && quietMs >= limits.stalledAfterMs) return this.destroy('stalled');
    const { expiresAtMs } = this.identity;
    if (epochMs >= expiresAtMs) return this.end('expired');
    if (this.#drain !== null && nowMs >= this.#drain.endAtMs) return this.end('drained');
    const noticeMs = Math.min(limits.expiryNoticeMs, (expiresAtMs - this.#openedAtEpochMs) / 4);
    if (this.#drain === null && expiresAtMs - epochMs <= noticeMs)
      return this.drain(Math.round((Math.random() * (expiresAtMs - epochMs)) / 2), expiresAtMs - epochMs);
    if (quietMs >= limits.pingAfterMs && !this.#isWriting) this.#write(pingLine);
  }

  #nextPiece(): Buffer | null {
    if (this.#drain !== null && !this.#drain.isTold) {
      this.#drain.isTold = true;
      return drainLine(this.#drain.reconnectAfterMs);
    }
    if (this.#transfer === null) {
      if (this.#sent?.revision === this.#newest.revision) {
        this.#sent = this.#newest;
        return null;
      }
      this.#transfer = this.#transferOf(this.#newest);
      this.#transferTable = this.#newest;
    }
    const piece = this.#transfer.nextPiece();
    if (this.#transfer.isComplete) this.#complete(this.#transfer);
    return piece;
  }

  #transferOf(table: AudienceTable): TableTransfer {
    const { lines, limits } = this.#tools;
    const { revision, options } = table;
    const differences = this.#differencesTo(table);
    return new TableTransfer({ differences, revision, options, lines, pieceBytes: limits.pieceBytes });
  }

  #differencesTo(table: AudienceTable): readonly SetDifference[] {
    const { differences } = this.#tools;
    const from = this.#sent;
    if (from !== null)
      return [differences.between(from.shared, table.shared), differences.between(from.scoped, table.scoped)];
    const held = this.#heldRevisions ?? new Map<string, string>();
    this.#heldRevisions = null;
    const stays = new Set([...table.shared.endpointsByName.keys(), ...table.scoped.endpointsByName.keys()]);
    const gone = [...held.keys()].filter((name) => !stays.has(name));
    const revisionOf = (name: string): string | undefined => held.get(name);
    return [
      { upserts: [], deletes: gone },
      differenceFrom(revisionOf, { held: [], to: table.shared }),
      differenceFrom(revisionOf, { held: [], to: table.scoped }),
    ];
  }

  #complete({ changes }: TableTransfer): void {
    this.#transfer = null;
    this.#sent = this.#transferTable;
    this.#transferTable = null;
    if (this.#sent !== null) this.#unanswered = [...this.#unanswered.slice(1 - maxUnanswered), this.#sent];
    this.#tools.metrics.tableSent(changes);
  }

  #writeNext(): void {
    if (this.#isWriting || this.#end !== null) return;
    const piece = this.#nextPiece();
    if (piece !== null) this.#write(piece);
  }

  #write(bytes: Buffer): void {
    this.#isWriting = true;
    this.#lastWriteMs = this.#tools.clock.monotonicMs();
    this.#tools.metrics.bytesSent(bytes.length);
    this.#response.write(bytes, (error) => {
      if (error !== undefined && error !== null) return; // the connection is gone
      this.#isWriting = false;
      this.#writeNext();
    });
  }
}

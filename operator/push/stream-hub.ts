/** All open streams of this replica: who has one, what they get, and when they end. */
import { randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { streamIdField, type Acknowledgement } from '#shared/push/push-channel.ts';
import type { ProxyIdentity } from '../identity/proxy-identity.ts';
import { TokenBucket } from '../identity/token-bucket.ts';
import type { AudienceTable, ProxyAudience, TableBoard } from '../tables/audience-table.ts';
import { AudienceStreams } from './audience-streams.ts';
import { MessageLines } from './message-lines.ts';
import { ProgrammedTally, type Standing } from './programmed-tally.ts';
import { PublicationPass } from './publication-pass.ts';
import type { PushLimits } from './push-limits.ts';
import type { AcknowledgementFault, PushMetrics } from './push-metrics.ts';
import { PushStream, type StreamTools } from './push-stream.ts';
import { refusal, type Refusal } from '../listener/refusal.ts';
import { SetDifferences } from './set-differences.ts';

export interface StreamHubOptions {
  readonly board: TableBoard;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: PushMetrics;
  readonly limits: PushLimits;
}

/** `foreign`: the stream is another pod's. `unknown`: no such stream here. `outdated`: newer tables were sent since. */
export type AcknowledgementOutcome = 'applied' | 'refused' | 'outdated' | 'foreign' | 'unknown';

interface OpenStream {
  readonly stream: PushStream;
  standing: Standing;
}

const tickMs = 1_000;
const maxReasonsLogged = 5;
const maxDrainSpreadMs = 10_000;
/** How long the proxy of a third stream of one pod is asked to wait: it should not be there at all. */
const replacedReconnectMs = 60_000;
const nothing: ReadonlySet<string> = new Set();

export class StreamHub {
  readonly tally: ProgrammedTally;
  readonly #options: StreamHubOptions;
  readonly #tools: StreamTools;
  readonly #pass: PublicationPass;
  readonly #logBucket: TokenBucket;
  readonly #audiences = new AudienceStreams();
  readonly #openById = new Map<string, OpenStream>();
  readonly #openByPod = new Map<string, Set<OpenStream>>();
  readonly #streamingSockets = new WeakSet<Duplex>();
  #isDraining = false;
  #whenEmpty: (() => void) | null = null;

  constructor(options: StreamHubOptions) {
    const { board, clock, metrics, limits } = options;
    const differences = new SetDifferences();
    this.#options = options;
    this.#tools = { clock, limits, metrics, differences, lines: new MessageLines() };
    this.tally = new ProgrammedTally({ clock, differences });
    this.#logBucket = new TokenBucket({ clock, perSecond: 1, burst: 20 });
    const visit = (stream: PushStream, table: AudienceTable): void => this.#visit(stream, table);
    this.#pass = new PublicationPass({ board, clock, sliceMs: limits.sliceMs, visit });
  }

  /** Follows publications and time until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { board, clock } = this.#options;
    const stop = board.onPublished((publication) => this.#pass.add(this.#audiences.concernedBy(publication)));
    while (!signal.aborted) {
      await clock.sleep(tickMs, signal);
      for (const { stream } of this.#openById.values()) stream.tick(clock.monotonicMs(), clock.epochMs());
    }
    stop();
  }

  /** Why no stream can be opened now; null: one can. */
  refusalNow(): Refusal | null {
    if (this.#isDraining) return refusal('draining', 'this replica of the operator shuts down; connect again', 1_000);
    if (this.#openById.size < this.#options.limits.maxStreams) return null;
    // Spread, so that those who are too many do not come again all at once.
    const retryAfterMs = 1_000 + Math.random() * 9_000;
    return refusal('overloaded', 'this replica of the operator has as many streams as it may have', retryAfterMs);
  }

  /** Begins a stream on a response that has no header yet, and gives its id. To be asked `refusalNow` first. */
  open(identity: ProxyIdentity, heldRevisions: ReadonlyMap<string, string>, response: ServerResponse): string {
    const { board, metrics, limits } = this.#options;
    const id = randomBytes(16).toString('base64url');
    const { namespace, appId, configuration, podUid } = identity;
    const table = board.tableFor({ namespace, appId, configuration });
    const stream = new PushStream({ response, id, identity, heldRevisions, table, tools: this.#tools });
    const open: OpenStream = {
      stream,
      standing: { namespace, current: table, acknowledged: null, unusable: nothing },
    };
    const ofPod = this.#openByPod.get(podUid) ?? new Set();
    const others = [...ofPod].filter((other) => other.stream.endReason === null);
    for (const { stream: oldest } of others.slice(0, Math.max(0, others.length + 1 - limits.maxStreamsPerPod))) {
      oldest.drain(replacedReconnectMs, 0);
      oldest.end('replaced');
    }
    this.#openByPod.set(podUid, ofPod.add(open));
    this.#openById.set(id, open);
    this.#audiences.add(stream);
    this.tally.move(null, open.standing);
    metrics.streamOpened();
    response.on('error', () => undefined); // `close` follows
    if (response.socket !== null) this.#streamingSockets.add(response.socket);
    response.once('close', () => this.#closed(open));
    response.writeHead(200, {
      'Content-Type': 'application/x-ndjson',
      'Cache-Control': 'no-store',
      Connection: 'close',
      [streamIdField]: id,
    });
    stream.offer(table);
    return id;
  }

  /** Whether a stream goes over this connection, or did. */
  isStreaming(socket: Duplex): boolean {
    return this.#streamingSockets.has(socket);
  }

  /** Of all open streams, each once. */
  audiences(): Iterable<ProxyAudience> {
    return this.#audiences.audiences();
  }

  /** What a proxy says about a table that it got. */
  acknowledge(podUid: string, acknowledgement: Acknowledgement): AcknowledgementOutcome {
    const open = this.#openById.get(acknowledgement.stream);
    if (open === undefined) return 'unknown';
    if (open.stream.identity.podUid !== podUid) return 'foreign';
    const table = open.stream.answered(acknowledgement);
    if (table === null) return 'outdated';
    this.#logReasons(open.stream, acknowledgement);
    if (acknowledgement.state === 'applied')
      this.#stand(open, {
        ...open.standing,
        acknowledged: table,
        unusable: namesIn(table, acknowledgement.reasons),
      });
    return acknowledgement.state;
  }

  /** Ends a stream because of what comes as acknowledgements. */
  breakOff(id: string, fault: AcknowledgementFault): void {
    const stream = this.#openById.get(id)?.stream;
    if (stream === undefined || stream.endReason !== null) return;
    stream.end(fault);
    if (!this.#logBucket.take()) return;
    const { namespace, podName, appId } = stream.identity;
    this.#options.logger.warn('a stream ends because of its acknowledgements', {
      namespace,
      pod: podName,
      appId,
      reason: fault,
    });
  }

  /** Ends the streams of a pod that is no longer who it was. */
  endPod(podUid: string): void {
    for (const { stream } of this.#openByPod.get(podUid) ?? []) stream.end('identity-ended');
  }

  /**
   * Asks all proxies to go elsewhere, spread over time, and opens no stream any more. Resolves when all have left; those that
   * have not after `withinMs` are cut off.
   */
  async drain(withinMs: number): Promise<void> {
    this.#isDraining = true;
    const { clock } = this.#options;
    const graceMs = withinMs / 5;
    const spreadMs = Math.min(maxDrainSpreadMs, withinMs - 2 * graceMs);
    for (const { stream } of this.#openById.values()) stream.drain(Math.round(Math.random() * spreadMs), graceMs);
    if (this.#openById.size === 0) return;
    const deadline = new AbortController();
    this.#whenEmpty = () => deadline.abort();
    await clock.sleep(withinMs, deadline.signal);
    for (const { stream } of this.#openById.values()) stream.destroy('drained');
  }

  #visit(stream: PushStream, table: AudienceTable): void {
    const open = this.#openById.get(stream.id);
    if (open === undefined) return;
    if (table.revision !== open.standing.current.revision) this.#stand(open, { ...open.standing, current: table });
    stream.offer(table);
  }

  #stand(open: OpenStream, standing: Standing): void {
    this.tally.move(open.standing, standing);
    open.standing = standing;
  }

  #closed(open: OpenStream): void {
    const { stream, standing } = open;
    const { podUid } = stream.identity;
    this.#openById.delete(stream.id);
    this.#audiences.delete(stream);
    const ofPod = this.#openByPod.get(podUid);
    ofPod?.delete(open);
    if (ofPod?.size === 0) this.#openByPod.delete(podUid);
    this.tally.move(standing, null);
    stream.destroy('left');
    this.#options.metrics.streamEnded(stream.endReason ?? 'left');
    if (this.#openById.size === 0) this.#whenEmpty?.();
  }

  #logReasons({ identity }: PushStream, { state, revision, reasons }: Acknowledgement): void {
    if (state === 'applied' && reasons.length === 0) return;
    if (!this.#logBucket.take()) return;
    const { namespace, podName, appId } = identity;
    const message =
      state === 'applied'
        ? 'a proxy cannot call endpoints of its table'
        : 'a proxy refuses its table and keeps the last';
    const shown = reasons.slice(0, maxReasonsLogged).map((reason) => ({
      endpoint: reason.endpoint.slice(0, 253),
      message: reason.message.slice(0, 512),
    }));
    this.#options.logger.warn(message, {
      namespace,
      pod: podName,
      appId,
      revision,
      reasons: shown,
      count: reasons.length,
    });
  }
}

function namesIn({ shared, scoped }: AudienceTable, reasons: Acknowledgement['reasons']): ReadonlySet<string> {
  if (reasons.length === 0) return nothing;
  const names = reasons.map(({ endpoint }) => endpoint);
  return new Set(names.filter((name) => shared.endpointsByName.has(name) || scoped.endpointsByName.has(name)));
}

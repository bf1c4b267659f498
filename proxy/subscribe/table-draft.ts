/**
 * What the control plane has said since the table in use: it becomes a table at SYNCED, as a whole or not at all. What is
 * refused stays here until later messages mend it, for the control plane sends only what differs from what it has sent.
 */
import { identityMistake, rootCaMistake, type PemMistake } from '#shared/compile/check-pem.ts';
import { maxHeldEndpoints, maxReasonLength, maxReasons, type PushMessage } from '#shared/push/push-message.ts';
import type { Acknowledgement } from '#shared/push/push-channel.ts';
import { decodeEndpoint } from '#shared/table/endpoint-codec.ts';
import type { ClientTls, Endpoint } from '#shared/table/endpoint-table.ts';
import type { Sensitive } from '#shared/table/sensitive.ts';
import type { EnvironmentFilling, HeldTable } from './held-table.ts';
import type { SharedDocuments } from './shared-documents.ts';

type Reasons = Acknowledgement['reasons'];

export type DraftOutcome =
  | { readonly state: 'usable'; readonly held: HeldTable; readonly reasons: Reasons }
  /** `isOutOfStep`: what the control plane believes to have sent is not what arrived. */
  | { readonly state: 'refused'; readonly reasons: Reasons; readonly isOutOfStep: boolean };

export type TableMessage = Extract<PushMessage, { type: 'UPSERT' | 'DELETE' | 'SYNCED' }>;

/** Of messages that wait for a SYNCED. */
const maxPendingBytes = 256 * 1024 * 1024;

export interface TableDraftOptions {
  readonly filling: EnvironmentFilling;
  readonly documents: SharedDocuments;
}

export class TableDraft {
  readonly #options: TableDraftOptions;
  #base: HeldTable;
  /** `null`: deleted. */
  #changesByName = new Map<string, Endpoint | null>();
  /** Why an endpoint cannot be used here. */
  #brokenByName = new Map<string, string>();
  /** Material that was checked since the last table: many endpoints trust the same bundle. */
  readonly #mistakesByMaterial = new Map<string, string | null>();
  #pendingBytes = 0;
  #spoiledBy: string | null = null;

  constructor(base: HeldTable, options: TableDraftOptions) {
    this.#base = base;
    this.#options = options;
  }

  /** Takes an endpoint as it came; what is wrong with it is said at SYNCED. `bytes`: of its message. */
  upsert(encoded: unknown, bytes: number): void {
    if (!this.#hasRoomFor(bytes)) return;
    let endpoint: Endpoint;
    try {
      endpoint = this.#sharing(decodeEndpoint(encoded));
    } catch (error) {
      this.#takeUndecodable(encoded, error instanceof Error ? error.message : 'it cannot be decoded');
      return;
    }
    const mistake = endpoint.state === 'ready' && endpoint.tls !== null ? this.#tlsMistake(endpoint.tls) : null;
    this.#change(endpoint.name, endpoint, mistake);
  }

  delete(name: string, bytes: number): void {
    if (this.#hasRoomFor(bytes)) this.#change(name, null, null);
  }

  /** Something was lost on the way: until a new stream, nothing can be said of the whole. */
  spoil(reason: string): void {
    this.#spoiledBy ??= reason;
    this.#changesByName.clear();
    this.#brokenByName.clear();
  }

  /** The table that is complete now. The next messages follow on it when it is usable. */
  sync({ revision, options }: Extract<PushMessage, { type: 'SYNCED' }>): DraftOutcome {
    const faults = this.#faults();
    if (faults.length > 0) return { state: 'refused', reasons: faults, isOutOfStep: this.#spoiledBy !== null };
    const held = this.#base.changed(this.#changesByName, { revision, options, filling: this.#options.filling });
    if (held.receivedByName.size > maxHeldEndpoints) {
      const message = `there are more than ${maxHeldEndpoints} endpoints`;
      return { state: 'refused', reasons: [reasonFrom('', message)], isOutOfStep: false };
    }
    return {
      state: 'usable',
      held,
      reasons: held
        .uncallable()
        .slice(0, maxReasons)
        .map(([name, why]) => reasonFrom(name, why)),
    };
  }

  /** The table of the last `sync` is in use. */
  accept(held: HeldTable): void {
    this.#base = held;
    this.#changesByName = new Map();
    this.#mistakesByMaterial.clear();
    this.#options.documents.sweep();
    this.#pendingBytes = 0;
  }

  #sharing(endpoint: Endpoint): Endpoint {
    if (endpoint.state === 'refused' || endpoint.tls === null) return endpoint;
    return { ...endpoint, tls: this.#options.documents.share(endpoint.tls) };
  }

  #hasRoomFor(bytes: number): boolean {
    if (this.#spoiledBy !== null) return false;
    this.#pendingBytes += bytes;
    const hasRoom = this.#pendingBytes <= maxPendingBytes && this.#changesByName.size <= maxHeldEndpoints;
    if (!hasRoom) this.spoil('more changes than can be held came before they were complete');
    return hasRoom;
  }

  #change(name: string, endpoint: Endpoint | null, mistake: string | null): void {
    this.#changesByName.set(name, endpoint);
    if (mistake === null) this.#brokenByName.delete(name);
    else this.#brokenByName.set(name, mistake);
  }

  /** With a name, a later message can mend it; without one, nothing can. */
  #takeUndecodable(encoded: unknown, mistake: string): void {
    const name = typeof encoded === 'object' && encoded !== null && 'name' in encoded ? encoded.name : null;
    if (typeof name === 'string' && /^[\w.-]{1,253}$/.test(name)) this.#change(name, null, mistake);
    else this.spoil(mistake);
  }

  /** The operator has checked the material with its own OpenSSL; it is this one that must use it. */
  #tlsMistake({ rootCa, identity }: ClientTls): string | null {
    const roots = rootCa === null ? null : this.#checked([rootCa], ([pem = '']) => rootCaMistake(pem));
    if (roots !== null) return `clientTLS.rootCA: ${roots}`;
    if (identity === null) return null;
    const documents = [identity.certificateChain, identity.privateKey];
    const mistake = this.#checked(documents, ([chain = '', key = '']) => identityMistake(chain, key));
    return mistake === null ? null : `clientTLS: ${mistake}`;
  }

  #checked(documents: readonly Sensitive[], check: (pems: readonly string[]) => PemMistake | null): string | null {
    const material = JSON.stringify(documents.map(({ ref, version }) => [ref, version]));
    let mistake = this.#mistakesByMaterial.get(material);
    if (mistake === undefined) {
      mistake = check(documents.map((document) => document.reveal()))?.message ?? null;
      this.#mistakesByMaterial.set(material, mistake);
    }
    return mistake;
  }

  #faults(): Reasons {
    if (this.#spoiledBy !== null) return [reasonFrom('', this.#spoiledBy)];
    return [...this.#brokenByName].slice(0, maxReasons).map(([name, mistake]) => reasonFrom(name, mistake));
  }
}

function reasonFrom(endpoint: string, message: string): Reasons[number] {
  return { endpoint, message: message.slice(0, maxReasonLength) };
}

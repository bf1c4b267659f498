/** The tables of a proxy in a cluster: from the operator, over the push channel, and from the cache after a restart. */
import { randomBytes } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import type { Clock } from '#shared/clock/clock.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { StreamAcknowledgement } from '#shared/push/push-channel.ts';
import type { ControlPlaneSettings, ProxySettings } from '#shared/settings/proxy-settings.ts';
import type { EndpointTable } from '#shared/table/endpoint-table.ts';
import type { LinkView } from '../telemetry/link-metrics.ts';
import type { LookUpAddresses } from './address-picker.ts';
import { ControlPlaneLink, type LinkedStream, type LinkedTables } from './control-plane-link.ts';
import { HeldTable } from './held-table.ts';
import { LinkStatus } from './link-status.ts';
import { ProblemLog } from './problem-log.ts';
import { SharedDocuments } from './shared-documents.ts';
import { TableCache } from './table-cache.ts';
import { TableDraft, type DraftOutcome, type TableDraftOptions, type TableMessage } from './table-draft.ts';
import { tableFields } from './table-fields.ts';

export interface ControlPlaneTablesOptions {
  readonly settings: ProxySettings;
  readonly controlPlane: ControlPlaneSettings;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly version: string;
  /** Null: it is in force. Else resolves with whether it came into force. */
  readonly apply: (table: EndpointTable) => Promise<boolean> | null;
  /** For tests: the cluster's DNS, and chance. */
  readonly lookUp?: LookUpAddresses;
  readonly random?: () => number;
}

type Answer = (acknowledgement: StreamAcknowledgement) => void;

/** Reasons in one log line. */
const maxReasonsLogged = 5;

const notInForce: StreamAcknowledgement['reasons'] = [
  { endpoint: '', message: 'this proxy failed to put the table into use' },
];

/** Applies each table that differs; the last good one stays for as long as there is no better. */
export class ControlPlaneTables implements LinkedTables {
  readonly #options: ControlPlaneTablesOptions;
  readonly #logger: Logger;
  readonly #problemLog: ProblemLog;
  readonly #status: LinkStatus;
  readonly #drafting: TableDraftOptions;
  readonly #cache: TableCache | null;
  #held = HeldTable.none();
  /** Of the last table, until it is in force. */
  #switching: Promise<boolean> | null = null;
  #refusalLogged = '';

  constructor(options: ControlPlaneTablesOptions) {
    const { settings, controlPlane, clock } = options;
    this.#options = options;
    this.#logger = options.logger.child({ component: 'subscribe' });
    this.#problemLog = new ProblemLog(this.#logger);
    this.#status = new LinkStatus(clock);
    // As with folders, nobody else needs the key: the revision of the table is the operator's.
    const fingerprintKey = randomBytes(32).toString('base64');
    const { appId, namespace, env, allowedEnvNames } = settings;
    this.#drafting = { filling: { env, allowedEnvNames, fingerprintKey }, documents: new SharedDocuments() };
    const folder = controlPlane.tableCacheDir;
    this.#cache =
      folder === ''
        ? null
        : new TableCache({ folder, appId, namespace, drafting: this.#drafting, clock, logger: this.#logger });
  }

  get link(): LinkView {
    return this.#status;
  }

  /** Applies the table that the cache holds, if there is one for this very proxy. Never rejects. */
  async restore(): Promise<void> {
    const held = (await this.#cache?.read()) ?? null;
    if (held === null) return;
    try {
      this.#use(held, 'endpoint table restored from the cache');
    } catch (error) {
      this.#logger.error('this should not have happened', { err: error });
    }
  }

  /** Follows the control plane; resolves when the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { controlPlane, clock, version, lookUp = allAddresses, random = Math.random } = this.#options;
    const link = new ControlPlaneLink({
      controlPlane,
      tables: this,
      status: this.#status,
      version,
      clock,
      logger: this.#logger,
      lookUp,
      random,
    });
    await Promise.all([link.run(signal), this.#cache?.run(signal)]);
  }

  get revision(): string {
    return this.#held.table.revision;
  }

  begin(): LinkedStream {
    const held = this.#held;
    const hello = held.hello(this.#options.version);
    // Whoever is told that nothing is held sends everything, and no DELETE of what is gone.
    const draft = new TableDraft(hello.revision === '' ? HeldTable.none() : held, this.#drafting);
    return {
      hello,
      receive: (answer) => ({
        spoil: (reason) => draft.spoil(reason),
        take: (message, bytes) => this.#take(draft, { message, bytes, answer }),
      }),
    };
  }

  #take(
    draft: TableDraft,
    { message, bytes, answer }: { readonly message: TableMessage; readonly bytes: number; readonly answer: Answer },
  ): boolean {
    switch (message.type) {
      case 'UPSERT':
        draft.upsert(message.endpoint, bytes);
        return true;
      case 'DELETE':
        draft.delete(message.name, bytes);
        return true;
      case 'SYNCED': {
        const { revision } = message;
        const outcome = this.#put(draft.sync(message));
        const state = outcome.state === 'usable' ? 'applied' : 'refused';
        this.#acknowledge(answer, { revision, state, reasons: outcome.reasons });
        if (outcome.state === 'usable') {
          draft.accept(outcome.held);
          return true;
        }
        this.#logRefusal(revision, outcome.reasons);
        return !outcome.isOutOfStep;
      }
    }
  }

  /** Puts a usable table into use. Should that fail, the table is refused like any other that cannot be used. */
  #put(outcome: DraftOutcome): DraftOutcome {
    if (outcome.state === 'refused') return outcome;
    try {
      this.#use(outcome.held, 'endpoint table applied');
    } catch (error) {
      this.#logger.error('this should not have happened', { err: error });
      return { state: 'refused', reasons: notInForce, isOutOfStep: false };
    }
    this.#refusalLogged = '';
    this.#cache?.offer(outcome.held);
    return outcome;
  }

  #use(held: HeldTable, message: string): void {
    const former = this.#held;
    if (!held.isSameAs(former)) {
      this.#follow(this.#options.apply(held.table));
      this.#problemLog.report(held.problems(this.#options.settings.namespace));
      this.#logger.info(message, tableFields(former.isNone ? null : former.table, held.table));
    }
    this.#held = held;
  }

  /** Until it is settled, answers wait. */
  #follow(switching: Promise<boolean> | null): void {
    this.#switching = switching;
    void switching?.then(() => {
      if (this.#switching === switching) this.#switching = null;
    });
  }

  /** In order, and of a table that is on its way into force not before it is there. */
  #acknowledge(answer: Answer, acknowledgement: StreamAcknowledgement): void {
    if (this.#switching === null) return answer(acknowledgement);
    void this.#switching.then((isInForce) => {
      if (isInForce || acknowledgement.state === 'refused') answer(acknowledgement);
      else answer({ ...acknowledgement, state: 'refused', reasons: notInForce });
    });
  }

  #logRefusal(revision: string, reasons: StreamAcknowledgement['reasons']): void {
    this.#status.tableRefused();
    const said = reasons
      .slice(0, maxReasonsLogged)
      .map(({ endpoint, message }) => (endpoint === '' ? message : `${endpoint}: ${message}`))
      .join('; ');
    if (said === this.#refusalLogged) return;
    this.#refusalLogged = said;
    this.#logger.error('an endpoint table cannot be used, the one before stays', {
      revision,
      revisionInUse: this.#held.table.revision,
      reason: said,
      reasons: reasons.length,
    });
  }
}

const allAddresses: LookUpAddresses = (host) => lookup(host, { all: true });

/** The life of the connection to the control plane: which address, when again, and what to say when it does not work. */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { Hello, StreamAcknowledgement } from '#shared/push/push-channel.ts';
import type { ControlPlaneSettings } from '#shared/settings/proxy-settings.ts';
import { Acknowledger } from './acknowledger.ts';
import { AddressPicker, type LookUpAddresses } from './address-picker.ts';
import { ChannelSession } from './channel-session.ts';
import { readCredentials } from './control-plane-credentials.ts';
import { connectionFailure, transient } from './link-failure.ts';
import type { LinkStatus } from './link-status.ts';
import { readTableStream, type StreamEnd, type TableReceiver } from './read-table-stream.ts';
import { reconnectDelayMs } from './reconnect-delay.ts';

/** The tables that the link keeps up to date. */
export interface LinkedTables {
  /** Of the table in use; `''`: none. */
  readonly revision: string;
  begin(): LinkedStream;
}

/** What one stream says first, and what takes the messages that follow on it. */
export interface LinkedStream {
  readonly hello: Hello;
  readonly receive: (acknowledge: (acknowledgement: StreamAcknowledgement) => void) => TableReceiver;
}

export interface ControlPlaneLinkOptions {
  readonly controlPlane: ControlPlaneSettings;
  readonly tables: LinkedTables;
  readonly status: LinkStatus;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lookUp: LookUpAddresses;
  /** In [0, 1). */
  readonly random: () => number;
}

interface Visit {
  /** `null`: left because the control plane asked for it. */
  readonly failure: LinkError | null;
  readonly address: string;
  /** How long the stream was open. */
  readonly openMs: number;
}

/** A stream that lived this long was a good one. */
const healthyMs = 60_000;
/** A control plane that sends us on sooner than this is treated as one that fails. */
const shortestDrainedMs = 1000;
const lastAcknowledgementMs = 2000;

export class ControlPlaneLink {
  readonly #options: ControlPlaneLinkOptions;
  readonly #picker: AddressPicker;
  /** What was logged last, so that a failure that repeats is said once. */
  #reasonLogged = '';

  constructor(options: ControlPlaneLinkOptions) {
    this.#options = options;
    const { controlPlane, lookUp, random } = options;
    this.#picker = new AddressPicker({ host: controlPlane.host, lookUp, random });
  }

  /** Connects, again and again; resolves when the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, tables, status } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      const { failure, address, openMs } = await this.#visit(signal);
      if (signal.aborted) return;
      if (address !== '') this.#picker.avoid(address);
      if (openMs >= healthyMs) failures = 0;
      if (failure === null && openMs >= shortestDrainedMs) continue;
      failures += 1;
      status.failed();
      const delayMs = reconnectDelayMs(
        {
          failures,
          isRefusal: failure?.status === 401 || failure?.status === 403,
          holdsTable: tables.revision !== '',
          retryAfterMs: failure?.retryAfterMs ?? 0,
        },
        random(),
      );
      if (failure !== null) this.#logFailure(failure, { address, delayMs });
      await clock.sleep(delayMs, signal);
    }
  }

  async #visit(signal: AbortSignal): Promise<Visit> {
    const { clock } = this.#options;
    let address = '';
    let openedAtMs: number | null = null;
    let failure: LinkError | null = null;
    try {
      address = await this.#picker.next();
      const session = await this.#sessionWith(address);
      try {
        failure = await this.#follow(session, {
          signal,
          onOpen: (stream) => {
            openedAtMs = clock.monotonicMs();
            this.#opened(stream, address);
          },
        });
      } finally {
        session.close();
      }
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      failure = error;
    } finally {
      this.#options.status.disconnected();
    }
    return { failure, address, openMs: openedAtMs === null ? 0 : clock.monotonicMs() - openedAtMs };
  }

  async #sessionWith(address: string): Promise<ChannelSession> {
    const { controlPlane, version, clock } = this.#options;
    const { host, port } = controlPlane;
    return new ChannelSession({ ...(await readCredentials(controlPlane)), host, port, address, version, clock });
  }

  /** Follows one stream to its end; `null`: the end was asked for. */
  async #follow(
    session: ChannelSession,
    { signal, onOpen }: { readonly signal: AbortSignal; readonly onOpen: (stream: string) => void },
  ): Promise<LinkError | null> {
    const { tables, clock, logger, status } = this.#options;
    const { hello, receive } = tables.begin();
    const stream = await session.openStream(hello, signal);
    onOpen(stream.id);
    const acknowledger = new Acknowledger(stream.request);
    const end = await readTableStream(stream.response, {
      receiver: receive((answer) => acknowledger.send(answer)),
      clock,
      signal,
      onHeard: () => status.heard(),
      onDrain: (reconnectAfterMs) => {
        logger.info('the control plane sends this proxy to another replica', { stream: stream.id, reconnectAfterMs });
      },
    });
    // The refusal that says why is still on its way.
    if (end.kind === 'out-of-step')
      await Promise.race([acknowledger.settled(), clock.sleep(lastAcknowledgementMs, signal)]);
    return failureOf(end);
  }

  #opened(stream: string, address: string): void {
    const { status, logger, controlPlane } = this.#options;
    this.#picker.forgive();
    status.connected();
    this.#reasonLogged = '';
    logger.info('connected to the control plane', {
      host: controlPlane.host,
      port: controlPlane.port,
      address,
      stream,
    });
  }

  #logFailure(failure: LinkError, { address, delayMs }: { readonly address: string; readonly delayMs: number }): void {
    const { logger, controlPlane, tables } = this.#options;
    const fields = {
      host: controlPlane.host,
      port: controlPlane.port,
      address,
      reason: failure.message,
      revision: tables.revision,
      retryInMs: Math.round(delayMs),
    };
    if (failure.message === this.#reasonLogged) logger.debug('no connection to the control plane', fields);
    else logger.warn('no connection to the control plane', fields);
    this.#reasonLogged = failure.message;
  }
}

function failureOf(end: StreamEnd): LinkError | null {
  switch (end.kind) {
    case 'closed':
      return end.error === null ? transient('it ended the stream') : connectionFailure(end.error);
    case 'silent':
      return transient('nothing was heard from it for too long');
    case 'out-of-step':
      return transient('what it sent cannot be followed any more; it is to begin again');
    case 'drained':
    case 'stopped':
      return null;
  }
}

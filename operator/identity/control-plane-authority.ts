/** The operator's own certificate authority: what its servers present, and what its clients are told to trust. */
import { LinkError } from '#shared/errors/link-error.ts';
import { Backoff } from '../kube/backoff.ts';
import { backdatedMs } from './authority-lifetimes.ts';
import { notAfterMs } from './authority-rotation.ts';
import { bundlePemOf, type AuthorityState } from './authority-state.ts';
import { AuthorityStore, type AuthorityStoreOptions } from './authority-store.ts';
import type { CertificateSource, ServingCertificate } from './certificate-source.ts';
import { issueServingCertificate } from './issue-certificates.ts';

export interface ControlPlaneAuthorityOptions extends AuthorityStoreOptions {
  /** DNS names and IP addresses that clients use for the operator. */
  readonly serverNames: readonly string[];
}

interface Presented {
  readonly certificate: ServingCertificate;
  /** What it was made of: another signer or cross-signed certificate means another one. */
  readonly origin: string;
  /** Milliseconds since 1970. */
  readonly renewAtMs: number;
}

interface First {
  readonly state: AuthorityState;
  readonly presented: Presented;
}

const maxRefreshMs = 60_000;

export class ControlPlaneAuthority implements CertificateSource {
  readonly #options: ControlPlaneAuthorityOptions;
  readonly #store: AuthorityStore;
  readonly #certificateListeners = new Set<() => void>();
  readonly #bundleListeners = new Set<() => void>();
  #state: AuthorityState;
  #presented: Presented;
  #refreshing: Promise<void> | null = null;

  private constructor(options: ControlPlaneAuthorityOptions, store: AuthorityStore, first: First) {
    this.#options = options;
    this.#store = store;
    this.#state = first.state;
    this.#presented = first.presented;
  }

  /**
   * Reads or creates the Secret; tries again while the API server is away. Throws LinkError when it is fatal: the Secret is
   * broken, or the operator may not read it. Throws the signal's reason when it is aborted.
   */
  static async open(options: ControlPlaneAuthorityOptions, signal: AbortSignal): Promise<ControlPlaneAuthority> {
    const store = new AuthorityStore(options);
    const backoff = new Backoff({ firstMs: 500, longestMs: 15_000, random: Math.random });
    for (;;) {
      signal.throwIfAborted();
      try {
        await store.refresh(signal);
        if (store.held !== null) {
          const presented = await presentedFor(store.held, options);
          return new ControlPlaneAuthority(options, store, { state: store.held, presented });
        }
      } catch (err) {
        if (!(err instanceof LinkError) || err.kind === 'fatal') throw err;
        options.logger.warn('control plane Secret cannot be read, trying again', { err });
        await options.clock.sleep(backoff.failed({ retryAfterMs: err.retryAfterMs, workedMs: 0 }), signal);
      }
    }
  }

  /** Looks at the Secret once a minute (more often with short lifetimes) until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, lifetimes } = this.#options;
    const refreshMs = Math.min(maxRefreshMs, lifetimes.servingMs / 10, lifetimes.overlapMs / 10);
    while (!signal.aborted) {
      await clock.sleep(refreshMs * (0.9 + Math.random() / 5), signal);
      if (!signal.aborted) await this.refresh(signal);
    }
  }

  /** Looks at the Secret now. What fails is logged and tried again by `run`. */
  refresh(signal: AbortSignal): Promise<void> {
    this.#refreshing ??= this.#refresh(signal).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  current(): ServingCertificate {
    return this.#presented.certificate;
  }

  onChanged(listener: () => void): () => void {
    this.#certificateListeners.add(listener);
    return () => void this.#certificateListeners.delete(listener);
  }

  /** What clients trust, as PEM. */
  bundlePem(): string {
    return bundlePemOf(this.#state);
  }

  /** Calls back when `bundlePem()` gives another. Returns the way to stop. */
  onBundleChanged(listener: () => void): () => void {
    this.#bundleListeners.add(listener);
    return () => void this.#bundleListeners.delete(listener);
  }

  /** The same on every replica. */
  fingerprintKey(): string {
    return this.#state.fingerprintKey;
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    try {
      await this.#store.refresh(signal);
    } catch (err) {
      if (signal.aborted) return;
      const level = err instanceof LinkError && err.kind === 'transient' ? 'warn' : 'error';
      logger[level]('control plane Secret cannot be read or written', { err });
    }
    try {
      // Also when the API server is away: what is held is enough to renew what is presented.
      await this.#use(this.#store.held ?? this.#state);
    } catch (err) {
      // Something that OpenSSL can read and we cannot sign with: what is presented is good for some hours yet.
      logger.error('serving certificate cannot be renewed', { err });
    }
  }

  async #use(state: AuthorityState): Promise<void> {
    const { clock, logger } = this.#options;
    const isOtherBundle = bundlePemOf(state) !== this.bundlePem();
    const isOtherKey = state.fingerprintKey !== this.#state.fingerprintKey;
    this.#state = state;
    if (isOtherKey) logger.warn('fingerprint-key of the control plane Secret changed; restart the operator to use it');
    if (originOf(state) !== this.#presented.origin || clock.epochMs() >= this.#presented.renewAtMs) {
      this.#presented = await presentedFor(state, this.#options);
      logger.info('serving certificate renewed', {
        expires: new Date(notAfterMs(this.#presented.certificate.certificateChainPem)).toISOString(),
      });
      for (const listener of this.#certificateListeners) listener();
    }
    if (isOtherBundle) for (const listener of this.#bundleListeners) listener();
  }
}

async function presentedFor(state: AuthorityState, options: ControlPlaneAuthorityOptions): Promise<Presented> {
  const { clock, lifetimes, serverNames } = options;
  const nowMs = clock.epochMs();
  const certificate = await issueServingCertificate(state.signer, {
    names: serverNames,
    crossPem: state.crossPem,
    notBeforeMs: nowMs - backdatedMs,
    notAfterMs: nowMs + lifetimes.servingMs,
  });
  // Less than the lifetime when the authority ends sooner.
  const leftMs = notAfterMs(certificate.certificateChainPem) - nowMs;
  return { certificate, origin: originOf(state), renewAtMs: nowMs + (leftMs * 2) / 3 };
}

function originOf({ signer, crossPem }: AuthorityState): string {
  return signer.certificatePem + (crossPem ?? '');
}

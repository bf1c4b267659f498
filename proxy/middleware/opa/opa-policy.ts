/** The policy of one Component on an OPA server: put there at the start, and again after OPA has lost it. */
import { createHash } from 'node:crypto';
import type { Clock } from '#shared/clock/clock.ts';
import { moveRegoPackage } from '#shared/middleware/move-rego-package.ts';
import type { OpaServer } from './opa-server.ts';

export interface OpaPolicyOptions {
  readonly server: OpaServer;
  readonly clock: Clock;
  readonly rego: string;
  /** Namespace, application and Component: whose it is. */
  readonly owner: readonly [namespace: string, appId: string, name: string];
}

/** A rule that is undefined for some requests must not make each of them a put. */
const pauseMs = 1_000;

export class OpaPolicy {
  /** The package below which its rules are, as a path: no other source can add to them, nor can an earlier version of this one. */
  readonly folder: string;
  readonly #options: OpaPolicyOptions;
  readonly #id: string;
  readonly #source: string;
  #putAtMs = -Infinity;
  #putting: Promise<void> | null = null;

  /** `rego` has been looked through by parseOpaSettings. */
  constructor(options: OpaPolicyOptions) {
    const { rego, owner } = options;
    const digest = createHash('sha256')
      .update([...owner, rego].join('\0'))
      .digest('hex');
    const name = `p${digest.slice(0, 32)}`;
    this.folder = `farpoint/${name}`;
    this.#id = ['farpoint', ...owner, name].join('/');
    this.#source = moveRegoPackage(rego, `farpoint.${name}`) ?? rego;
    this.#options = options;
  }

  /** Rejects with an Error of one sentence when OPA does not take it. */
  async put(signal: AbortSignal): Promise<void> {
    await this.#options.server.putPolicy(this.#id, this.#source, signal);
    this.#putAtMs = this.#options.clock.monotonicMs();
  }

  /** For a question that was asked at `askedAtMs` and found no rule. Resolves with whether to ask again. */
  async restore(askedAtMs: number, signal: AbortSignal): Promise<boolean> {
    if (this.#putting === null && this.#putAtMs < askedAtMs) {
      if (this.#options.clock.monotonicMs() - this.#putAtMs < pauseMs) return false;
      this.#putting = this.put(signal).finally(() => (this.#putting = null));
    }
    await this.#putting;
    return true;
  }
}

/**
 * The shared Secret as one replica sees it. Whoever comes first creates it, only the leader changes it afterwards. One that
 * somebody broke is never overwritten: the last good content stays in use. One that was deleted or emptied is filled again
 * from it.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import type { KubeClient, NewObject } from '../kube/kube-client.ts';
import type { KubeObject, ObjectMeta } from '../kube/kube-object.ts';
import { controlPlaneSecret } from '../kube/permissions.ts';
import { secrets } from '../kube/resource-types.ts';
import { manager, managerLabel } from '../ownership/managed-by.ts';
import { hasOwner, noOwner, ownersFor, type ObjectOwner } from '../ownership/object-owner.ts';
import type { AuthorityLifetimes } from './authority-lifetimes.ts';
import { afterStep, createAuthorityState, rotationStep, type RotationContext } from './authority-rotation.ts';
import type { AuthorityState } from './authority-state.ts';
import { authorityFromSecret, secretDataFrom } from './control-plane-secret.ts';

export interface AuthorityStoreOptions {
  readonly client: KubeClient;
  /** The operator's own. */
  readonly namespace: string;
  /** Whether this replica changes the Secret. */
  readonly isLeader: () => boolean;
  /** Of the Secret. Defaults to nobody. */
  readonly owner?: ObjectOwner;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifetimes: AuthorityLifetimes;
}

export class AuthorityStore {
  readonly #options: AuthorityStoreOptions;
  #held: AuthorityState | null = null;
  /** What was complained about already. */
  #brokenVersion = '';

  constructor(options: AuthorityStoreOptions) {
    this.#options = options;
  }

  /** The last good content; null before the first. */
  get held(): AuthorityState | null {
    return this.#held;
  }

  /**
   * Reads the Secret, makes it where it is missing, and takes the step of a rotation that is due. Throws LinkError: fatal when
   * there is nothing good to begin with.
   */
  async refresh(signal: AbortSignal): Promise<void> {
    const secret = await this.#read(signal);
    const reading = secret === null ? { state: 'empty' as const } : authorityFromSecret(secret);
    switch (reading.state) {
      case 'empty':
        return this.#fill(secret, signal);
      case 'broken':
        return this.#complain(secret?.metadata.resourceVersion ?? '', reading.message);
      case 'good':
        this.#brokenVersion = '';
        this.#held = reading.authority;
        if (secret !== null && this.#options.isLeader()) await this.#rotate(secret, reading.authority, signal);
    }
  }

  async #read(signal: AbortSignal): Promise<KubeObject | null> {
    const { client, namespace } = this.#options;
    try {
      return await client.get(secrets, { namespace, name: controlPlaneSecret }, { signal });
    } catch (err) {
      if (err instanceof LinkError && err.status === 404) return null;
      throw err;
    }
  }

  async #fill(empty: KubeObject | null, signal: AbortSignal): Promise<void> {
    const { isLeader, logger } = this.#options;
    if (this.#held !== null && !isLeader()) return;
    const state = this.#held ?? (await createAuthorityState(this.#context()));
    const written = await this.#write(state, empty, signal);
    // Another replica was first: theirs counts.
    if (!written) return this.refresh(signal);
    const isRestored = this.#held !== null;
    this.#held = state;
    if (isRestored) logger.warn('control plane Secret was gone and is restored', this.#fields());
    else logger.info('control plane Secret created', this.#fields());
  }

  #complain(version: string, message: string): void {
    const { logger } = this.#options;
    const { secret } = this.#fields();
    const advice = 'correct it, or delete it and it is made again';
    if (this.#held === null) {
      throw new LinkError(`Secret ${secret} cannot be used: ${message}; ${advice}`, {
        kind: 'fatal',
        status: 0,
        retryAfterMs: 0,
      });
    }
    if (version === this.#brokenVersion) return;
    this.#brokenVersion = version;
    logger.error('control plane Secret is broken, the last good content stays in use', {
      secret,
      why: message,
      advice,
    });
  }

  async #rotate(secret: KubeObject, state: AuthorityState, signal: AbortSignal): Promise<void> {
    const { logger } = this.#options;
    const context = this.#context();
    const step = rotationStep(state, context);
    if (step === 'none') return this.#own(secret, state, signal);
    const next = await afterStep(state, step, context);
    // Refused when it was changed meanwhile: then the next look decides anew.
    if (!(await this.#write(next, secret, signal))) return;
    this.#held = next;
    const fields = { ...this.#fields(), step };
    if (step === 'start-over') logger.error('control plane authority had expired, another one took its place', fields);
    else logger.info('control plane authority rotates', fields);
  }

  /** Gives the Secret its owner where that is all that is missing. */
  async #own(secret: KubeObject, state: AuthorityState, signal: AbortSignal): Promise<void> {
    const { owner = noOwner, logger } = this.#options;
    if (hasOwner(secret.metadata, owner)) return;
    if (await this.#write(state, secret, signal)) logger.info('control plane Secret has an owner now', this.#fields());
  }

  /** False: another replica was faster. */
  async #write(state: AuthorityState, former: KubeObject | null, signal: AbortSignal): Promise<boolean> {
    const { client, namespace, owner = noOwner } = this.#options;
    const data = secretDataFrom(state, former);
    const owners = ownersFor(former?.metadata ?? null, owner);
    try {
      if (former === null) await client.create(secrets, newSecret(namespace, data, owners), { signal });
      else await client.replace(secrets, { ...former, metadata: { ...former.metadata, ...owners }, data }, { signal });
      return true;
    } catch (err) {
      if (err instanceof LinkError && err.status === 409) return false;
      throw err;
    }
  }

  #context(): RotationContext {
    return { lifetimes: this.#options.lifetimes, nowMs: this.#options.clock.epochMs() };
  }

  #fields(): { readonly secret: string } {
    return { secret: `${this.#options.namespace}/${controlPlaneSecret}` };
  }
}

function newSecret(
  namespace: string,
  data: Readonly<Record<string, string>>,
  owners: Pick<ObjectMeta, 'ownerReferences'>,
): NewObject {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: controlPlaneSecret,
      namespace,
      labels: { [managerLabel]: manager },
      ...owners,
    },
    type: 'Opaque',
    data,
  };
}

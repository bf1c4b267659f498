/**
 * Tells the API server whom to trust: keeps the CA bundle of our webhooks current, also after a rotation and after somebody changed
 * it. Only the leader runs it. Whatever else the configurations hold is left to whoever installed them.
 */
import type { Clock } from '#shared/clock/clock.ts';
import { LinkError } from '#shared/errors/link-error.ts';
import type { Logger } from '#shared/logger/logger.ts';
import { recordFrom } from '#shared/resources/read-field.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import type { KubeObject, ResourceType } from '../kube/kube-object.ts';
import { mutatingWebhookConfigurations, validatingWebhookConfigurations } from '../kube/resource-types.ts';
import type { AdmissionMetrics } from './admission-metrics.ts';

export interface WebhookBundlesOptions {
  readonly kube: Pick<KubeClient, 'get' | 'apply'>;
  /** `''`: there is none. */
  readonly injectorName: string;
  readonly validatorName: string;
  readonly authority: {
    bundlePem(): string;
    onBundleChanged(listener: () => void): () => void;
  };
  readonly fieldManager: string;
  readonly metrics: AdmissionMetrics;
  readonly clock: Clock;
  readonly logger: Logger;
}

interface Configuration {
  readonly webhook: 'injector' | 'validator';
  readonly type: ResourceType;
  readonly kind: string;
  readonly name: string;
}

/** How long Pods may be refused because somebody changed the bundle. */
const checkMs = 15_000;
/** The names of our webhooks end so; others in the same object are somebody else's. */
const ownSuffix = '.farpoint.dev';

export class WebhookBundles {
  readonly #options: WebhookBundlesOptions;
  readonly #configurations: readonly Configuration[];
  /** By webhook: what is in the way, so that it is said once. */
  readonly #obstacles = new Map<string, string>();
  #wake: () => void = () => undefined;

  constructor(options: WebhookBundlesOptions) {
    this.#options = options;
    const { injectorName, validatorName } = options;
    const all: readonly Configuration[] = [
      {
        webhook: 'injector',
        type: mutatingWebhookConfigurations,
        kind: 'MutatingWebhookConfiguration',
        name: injectorName,
      },
      {
        webhook: 'validator',
        type: validatingWebhookConfigurations,
        kind: 'ValidatingWebhookConfiguration',
        name: validatorName,
      },
    ];
    this.#configurations = all.filter(({ name }) => name !== '');
  }

  /** Works until the signal is aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { authority, metrics } = this.#options;
    if (this.#configurations.length === 0) return;
    let isDue = false;
    const stop = authority.onBundleChanged(() => {
      isDue = true;
      this.#wake();
    });
    try {
      while (!signal.aborted) {
        isDue = false;
        for (const configuration of this.#configurations) await this.#look(configuration, signal);
        if (!isDue) await this.#rest(signal);
      }
    } finally {
      stop();
      for (const { webhook } of this.#configurations) metrics.caBundleChecked(webhook, null);
    }
  }

  async #rest(signal: AbortSignal): Promise<void> {
    const woken = new AbortController();
    this.#wake = () => woken.abort();
    await this.#options.clock.sleep(checkMs, AbortSignal.any([signal, woken.signal]));
  }

  async #look(configuration: Configuration, signal: AbortSignal): Promise<void> {
    const { metrics, logger } = this.#options;
    const { webhook, name } = configuration;
    if (signal.aborted) return;
    try {
      const obstacle = await this.#write(configuration, signal);
      metrics.caBundleChecked(webhook, obstacle === null);
      this.#say(configuration, obstacle ?? '', () => logger.warn('a webhook is not served', { name, why: obstacle }));
    } catch (err) {
      if (signal.aborted) return;
      if (!(err instanceof LinkError)) throw err;
      metrics.caBundleChecked(webhook, false);
      this.#say(configuration, err.message, () =>
        logger.warn('the CA bundle of a webhook cannot be kept current', { name, err }),
      );
    }
  }

  /** What is in the way, as a sentence; `null`: the bundle is current. */
  async #write({ type, kind, name }: Configuration, signal: AbortSignal): Promise<string | null> {
    const { kube, authority, fieldManager, logger } = this.#options;
    const present = await this.#read({ type, name }, signal);
    if (present === null) return `there is no ${kind} ${name}: install it, or do not name it`;
    const webhooks = ownWebhooks(present);
    if (webhooks.length === 0) return `${kind} ${name} holds no webhook whose name ends in ${ownSuffix}`;
    const caBundle = Buffer.from(authority.bundlePem()).toString('base64');
    if (webhooks.every((own) => own.caBundle === caBundle)) return null;
    const object = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind,
      // With its uid it is never made anew, should it go in this moment.
      metadata: { name, uid: present.metadata.uid },
      webhooks: webhooks.map((own) => ({ name: own.name, clientConfig: { caBundle } })),
    };
    await kube.apply(type, object, { signal, fieldManager, force: true });
    logger.info('the CA bundle of a webhook is written', { name });
    return null;
  }

  async #read({ type, name }: Pick<Configuration, 'type' | 'name'>, signal: AbortSignal): Promise<KubeObject | null> {
    try {
      return await this.#options.kube.get(type, { name }, { signal });
    } catch (err) {
      if (err instanceof LinkError && err.status === 404) return null;
      throw err;
    }
  }

  /** Says what is in the way once; `''`: nothing is. */
  #say({ webhook }: Configuration, obstacle: string, say: () => void): void {
    if ((this.#obstacles.get(webhook) ?? '') === obstacle) return;
    this.#obstacles.set(webhook, obstacle);
    if (obstacle !== '') say();
  }
}

function ownWebhooks({ webhooks }: KubeObject): readonly { readonly name: string; readonly caBundle: unknown }[] {
  if (!Array.isArray(webhooks)) return [];
  return webhooks.flatMap((webhook: unknown) => {
    const name = recordFrom(webhook)?.['name'];
    const caBundle = recordFrom(recordFrom(webhook)?.['clientConfig'])?.['caBundle'];
    return typeof name === 'string' && name.endsWith(ownSuffix) ? [{ name, caBundle }] : [];
  });
}

/** Writes to the API server at random, behind the operator's back, and remembers every value that a Secret ever had. */
import { setTimeout as pause } from 'node:timers/promises';
import type { ControlPlane } from '../support/start-control-plane.ts';

export interface RandomWriterOptions {
  readonly controlPlane: ControlPlane;
  readonly namespaces: readonly string[];
  readonly random: () => number;
}

const endpointNames = Array.from({ length: 24 }, (_, index) => `endpoint-${index}`);
const secretNames = Array.from({ length: 6 }, (_, index) => `secret-${index}`);
const scopeChoices: readonly (readonly string[])[] = [
  [],
  [],
  ['orders'],
  ['billing'],
  ['orders', 'search'],
  ['nobody'],
];
const pauseMs = 25;

export class RandomWriter {
  readonly #options: RandomWriterOptions;
  readonly #valuesBySecret = new Map<string, Set<string>>();
  #writes = 0;

  constructor(options: RandomWriterOptions) {
    this.#options = options;
  }

  /** How many writes the API server has taken. */
  get writes(): number {
    return this.#writes;
  }

  /** Every value that a Secret has ever had, as `namespace/name`. */
  valuesOf(secret: string): ReadonlySet<string> {
    return this.#valuesBySecret.get(secret) ?? new Set();
  }

  /** Writes until the signal is aborted; an API server that is away is waited for. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#writeOne().catch(() => pause(200));
      await pause(pauseMs);
    }
  }

  async #writeOne(): Promise<void> {
    const namespace = this.#pick(this.#options.namespaces);
    const dice = this.#options.random();
    if (dice < 0.55) await this.#applyEndpoint(namespace, this.#pick(endpointNames));
    else if (dice < 0.75)
      await this.#delete(`/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints`, endpointNames);
    else if (dice < 0.92) await this.#applySecret(namespace, this.#pick(secretNames));
    else await this.#delete(`/api/v1/namespaces/${namespace}/secrets`, secretNames);
  }

  async #applyEndpoint(namespace: string, name: string): Promise<void> {
    const { random } = this.#options;
    const secret = random() < 0.6 ? this.#pick(secretNames) : null;
    await this.#apply(`/apis/dapr.io/v1alpha1/namespaces/${namespace}/httpendpoints/${name}`, {
      apiVersion: 'dapr.io/v1alpha1',
      kind: 'HTTPEndpoint',
      metadata: { name },
      spec: {
        baseUrl: `https://upstream.example/${Math.floor(random() * 1e9)}`,
        headers: secret === null ? [] : [{ name: 'X-Token', secretKeyRef: { name: secret, key: 'token' } }],
      },
      scopes: this.#pick(scopeChoices),
    });
  }

  async #applySecret(namespace: string, name: string): Promise<void> {
    const value = `value-${Math.floor(this.#options.random() * 1e9)}`;
    const key = `${namespace}/${name}`;
    this.#valuesBySecret.set(key, (this.#valuesBySecret.get(key) ?? new Set()).add(value));
    await this.#apply(`/api/v1/namespaces/${namespace}/secrets/${name}`, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name },
      stringData: { token: value },
    });
  }

  async #apply(path: string, body: unknown): Promise<void> {
    await this.#options.controlPlane.mustRequest({
      method: 'PATCH',
      path: `${path}?fieldManager=soak&force=true`,
      contentType: 'application/apply-patch+yaml',
      body,
    });
    this.#writes += 1;
  }

  async #delete(collection: string, names: readonly string[]): Promise<void> {
    const { status } = await this.#options.controlPlane.request({
      method: 'DELETE',
      path: `${collection}/${this.#pick(names)}`,
    });
    if (status === 200) this.#writes += 1;
  }

  #pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.#options.random() * items.length)];
    if (item === undefined) throw new Error('there is nothing to pick from');
    return item;
  }
}

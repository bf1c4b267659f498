/** Endpoints and Secrets that a test writes, and whether a proxy serves exactly what was written: by calling each of them. */
import { setTimeout as pause } from 'node:timers/promises';
import { ask } from '../../support/ask.ts';
import type { ApiRequest } from './api-request.ts';
import type { ControlPlaneClient } from './connect-control-plane.ts';

export interface WrittenEndpointsOptions {
  readonly client: ControlPlaneClient;
  readonly namespace: string;
  /** Answers each request with what `echoed` makes of it. */
  readonly origin: string;
}

/** For a busy machine and backoffs that have grown: not a bar, an end. */
const convergenceMs = 90_000;

/** What the upstream is to answer. */
export function echoed(url: string, token: unknown): string {
  return `${url} ${String(token)}`;
}

export class WrittenEndpoints {
  readonly #options: WrittenEndpointsOptions;
  #version = 0;
  readonly #pathsByName = new Map<string, string>();
  readonly #tokensBySecret = new Map<string, string>();
  /** Of endpoints that were and are no more. */
  readonly #goneNames = new Set<string>();

  constructor(options: WrittenEndpointsOptions) {
    this.#options = options;
  }

  /** Creates an endpoint, or gives it another URL. It takes its token from the Secret of the same name. */
  async set(name: string): Promise<void> {
    const path = `/${name}/${(this.#version += 1)}`;
    await this.#write({
      method: 'PATCH',
      path: `${this.#endpointPath(name)}?fieldManager=test&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: {
        apiVersion: 'dapr.io/v1alpha1',
        kind: 'HTTPEndpoint',
        metadata: { name },
        spec: {
          baseUrl: this.#options.origin + path,
          headers: [{ name: 'X-Token', secretKeyRef: { name, key: 'token' } }],
        },
      },
    });
    this.#pathsByName.set(name, path);
    this.#goneNames.delete(name);
  }

  /** Creates the Secret of an endpoint, or gives it another value. */
  async rotate(name: string): Promise<void> {
    const token = `token-${(this.#version += 1)}`;
    await this.#write({
      method: 'PATCH',
      path: `/api/v1/namespaces/${this.#options.namespace}/secrets/${name}?fieldManager=test&force=true`,
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { token } },
    });
    this.#tokensBySecret.set(name, token);
  }

  /** Removes an endpoint; its Secret stays. */
  async remove(name: string): Promise<void> {
    await this.#write({ method: 'DELETE', path: this.#endpointPath(name) });
    this.#pathsByName.delete(name);
    this.#goneNames.add(name);
  }

  /** Writes at random until the signal is aborted. Returns how many writes there were. */
  async writeUntil(signal: AbortSignal, names: readonly string[]): Promise<number> {
    let writes = 0;
    for (const name of names) await this.rotate(name);
    while (!signal.aborted) {
      const name = names[Math.floor(Math.random() * names.length)] ?? '';
      const dice = Math.random();
      if (dice < 0.25) await this.rotate(name);
      else if (dice < 0.5) await this.remove(name);
      else await this.set(name);
      writes += 1;
      await pause(5);
    }
    return writes;
  }

  /** Resolves when each proxy serves what was written and nothing else; throws what differs when that does not come to be. */
  async untilServedBy(...ports: readonly number[]): Promise<void> {
    const deadline = performance.now() + convergenceMs;
    for (const port of ports) {
      for (;;) {
        const mistakes = await this.#mistakesOf(port);
        if (mistakes.length === 0) break;
        if (performance.now() > deadline) throw new Error(`not served as written: ${mistakes.join('; ')}`);
        await pause(20);
      }
    }
  }

  async #mistakesOf(port: number): Promise<readonly string[]> {
    const mistakes: string[] = [];
    const expected = [...this.#pathsByName].map(([name, path]) => {
      const token = this.#tokensBySecret.get(name);
      return { name, answer: token === undefined ? '503' : `200 ${echoed(`${path}/x`, token)}` };
    });
    for (const name of this.#goneNames) expected.push({ name, answer: '404' });
    for (const { name, answer } of expected) {
      const { status, body } = await ask(port, { path: `/v1.0/invoke/${name}/method/x` });
      const given = status === 200 ? `200 ${body}` : String(status);
      if (given !== answer) mistakes.push(`${name} answers ${given} instead of ${answer}`);
    }
    return mistakes;
  }

  #endpointPath(name: string): string {
    return `/apis/dapr.io/v1alpha1/namespaces/${this.#options.namespace}/httpendpoints/${name}`;
  }

  /** Until the API server takes it: it may be on its way back. Every write here may happen twice. */
  async #write(request: ApiRequest): Promise<void> {
    const deadline = performance.now() + convergenceMs;
    for (;;) {
      const answer = await this.#options.client
        .request(request)
        .catch((error: unknown) => ({ status: 0, body: error }));
      const isDone = answer.status >= 200 && answer.status < 300;
      if (isDone || (request.method === 'DELETE' && answer.status === 404)) return;
      const isForLater = answer.status === 0 || answer.status === 429 || answer.status >= 500;
      if (!isForLater || performance.now() > deadline) {
        throw new Error(`${request.path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
      await pause(50);
    }
  }
}

/** Does something bad to the operator's link every moment: to requests, to watches, to whole servers. */
import { setTimeout as pause } from 'node:timers/promises';
import type { SoakSite } from './soak-site.ts';

type Trouble = (site: SoakSite) => Promise<void> | void;

/** Short ones, many a minute. */
const troubles: Readonly<Record<string, Trouble>> = {
  'every connection reset': ({ faults }) => faults.resetAll(),
  'watches cut between lines': ({ faults }) => void faults.inject({ kind: 'line-reset' }, { times: 3 }),
  'watches ended between lines': ({ faults }) => void faults.inject({ kind: 'line-end' }, { times: 3 }),
  'half a line, then a reset': ({ faults }) => void faults.inject({ kind: 'half-line' }, { times: 2 }),
  'half a line, then an end': ({ faults }) => void faults.inject({ kind: 'half-line-end' }, { times: 2 }),
  'a line that is no JSON': ({ faults }) => void faults.inject({ kind: 'unparsable-line' }, { times: 2 }),
  'an ERROR line, 410': ({ faults }) => void faults.inject({ kind: 'error-line', code: 410 }, { times: 2 }),
  'an ERROR line, 500': ({ faults }) => void faults.inject({ kind: 'error-line', code: 500 }, { times: 2 }),
  'watches answered 410': ({ faults }) => {
    faults.inject({ kind: 'status', status: 410 }, { on: ['watch'], times: 2 });
    faults.resetAll();
  },
  'everything answered 429': ({ faults }) => {
    faults.inject({ kind: 'status', status: 429, retryAfterSeconds: 1 }, { times: 4 });
    faults.resetAll();
  },
  'reads answered 500 now and then': ({ faults }) =>
    void faults.inject({ kind: 'status', status: 500 }, { on: ['get', 'list'], chance: 0.5, times: 5 }),
  'half an answer': ({ faults }) => void faults.inject({ kind: 'half-answer' }, { on: ['get', 'list'], times: 3 }),
  latency: ({ faults }) => void faults.inject({ kind: 'latency', ms: 300 }, { times: 10 }),
};

/** Long ones, one in each part of the soak. */
const disasters: Readonly<Record<string, Trouble>> = {
  'operator killed': (site) => site.killOperator(),
  'etcd compacted, every connection reset': async ({ controlPlane, faults }) => {
    await controlPlane.compact();
    faults.resetAll();
  },
  'API server restarted': ({ controlPlane }) => controlPlane.restartApiServer({ atOnce: true }),
};

/** What was done, by name. */
export class RandomFaults {
  readonly #site: SoakSite;
  readonly #random: () => number;
  readonly #countsByName = new Map<string, number>();
  #nextDisaster = 0;

  constructor(site: SoakSite, random: () => number) {
    this.#site = site;
    this.#random = random;
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#countsByName;
  }

  /** Troubles until the signal is aborted, and one disaster in between. */
  async run(signal: AbortSignal): Promise<void> {
    const disaster = this.#disaster();
    while (!signal.aborted) {
      await this.#do(troubles, Object.keys(troubles)[Math.floor(this.#random() * Object.keys(troubles).length)] ?? '');
      await pause(200 + this.#random() * 800);
    }
    await disaster;
  }

  async #disaster(): Promise<void> {
    await pause(this.#random() * 2_000);
    const names = Object.keys(disasters);
    const name = names[this.#nextDisaster % names.length] ?? '';
    this.#nextDisaster += 1;
    await this.#do(disasters, name);
  }

  async #do(all: Readonly<Record<string, Trouble>>, name: string): Promise<void> {
    this.#countsByName.set(name, (this.#countsByName.get(name) ?? 0) + 1);
    await all[name]?.(this.#site);
  }
}

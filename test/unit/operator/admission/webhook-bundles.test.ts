/** The CA bundle of the webhooks: written where it differs, said once where it cannot be. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { WebhookBundles } from '../../../../operator/admission/webhook-bundles.ts';
import { noAdmissionMetrics } from '../../../../operator/admission/admission-metrics.ts';
import { FakeKubeClient } from '../../../support/fake-kube-client.ts';
import { linkError } from '../../../support/link-error.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { memoryLogger, type LogLine } from '../../../support/memory-logger.ts';
import { waitUntil } from '../../../support/start-test-proxy.ts';

const injectorPath = 'mutatingwebhookconfigurations//inject';
const validatorPath = 'validatingwebhookconfigurations//check';

class Stage {
  readonly client = new FakeKubeClient();
  readonly clock = new ManualClock();
  readonly lines: LogLine[] = [];
  readonly current = new Map<string, boolean | null>();
  readonly #listeners = new Set<() => void>();
  bundle = 'one';
  readonly #stop = new AbortController();
  running: Promise<void> = Promise.resolve();

  start(): void {
    this.running = new WebhookBundles({
      kube: this.client,
      injectorName: 'inject',
      validatorName: 'check',
      authority: {
        bundlePem: () => this.bundle,
        onBundleChanged: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
      },
      fieldManager: 'farpoint-operator',
      metrics: { ...noAdmissionMetrics, caBundleChecked: (webhook, is) => void this.current.set(webhook, is) },
      clock: this.clock,
      logger: memoryLogger(this.lines),
    }).run(this.#stop.signal);
    onTestFinished(() => this.stop());
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.running;
  }

  rotate(bundle: string): void {
    this.bundle = bundle;
    for (const listener of this.#listeners) listener();
  }

  install(path: string, ...names: readonly string[]): void {
    const webhooks = names.map((name) => ({ name, clientConfig: { url: 'https://a' } }));
    this.client.put(path, { metadata: { name: path.split('/').at(-1) ?? '' }, webhooks });
  }

  /** What was applied last, by name of webhook. */
  bundles(path: string): unknown {
    const { webhooks = [] } = (this.client.object(path) ?? {}) as {
      webhooks?: readonly { name: string; clientConfig: { caBundle?: string } }[];
    };
    return Object.fromEntries(
      webhooks.map(({ name, clientConfig }) => [name, Buffer.from(clientConfig.caBundle ?? '', 'base64').toString()]),
    );
  }

  messages(): readonly string[] {
    return this.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
  }

  /** Resolves when it has looked so many times at the injector's. */
  async looked(times: number): Promise<void> {
    const count = (): number => this.client.countOf('get', 'validatingwebhookconfigurations');
    await waitUntil(() => count() >= times);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the CA bundle', () => {
  test('is written to our webhooks only, and then left alone', async () => {
    const stage = new Stage();
    stage.install(injectorPath, 'injector.farpoint.dev');
    stage.install(validatorPath, 'validator.farpoint.dev', 'more.farpoint.dev', 'other.example.com');
    stage.start();
    await stage.looked(1);
    expect(stage.bundles(injectorPath)).toEqual({ 'injector.farpoint.dev': 'one' });
    // The fake takes the list as a whole; the API server merges it by name.
    expect(stage.bundles(validatorPath)).toEqual({ 'validator.farpoint.dev': 'one', 'more.farpoint.dev': 'one' });
    stage.clock.advance(15_000);
    await stage.looked(2);
    expect(stage.client.calls.filter(({ verb }) => verb === 'apply')).toHaveLength(2);
    expect([...stage.current.values()]).toEqual([true, true]);
  });

  test('follows a rotation at once, and a change of somebody else soon', async () => {
    const stage = new Stage();
    stage.install(injectorPath, 'injector.farpoint.dev');
    stage.install(validatorPath, 'validator.farpoint.dev');
    stage.start();
    await stage.looked(1);
    stage.rotate('two');
    await stage.looked(2);
    expect(stage.bundles(injectorPath)).toEqual({ 'injector.farpoint.dev': 'two' });
    stage.install(injectorPath, 'injector.farpoint.dev');
    stage.clock.advance(15_000);
    await stage.looked(3);
    expect(stage.bundles(injectorPath)).toEqual({ 'injector.farpoint.dev': 'two' });
  });

  test('has nowhere to go: said once, shown in the metrics, and written when there is', async () => {
    const stage = new Stage();
    stage.install(validatorPath, 'other.example.com');
    stage.start();
    for (let times = 1; times <= 4; times += 1) {
      await stage.looked(times);
      stage.clock.advance(15_000);
    }
    await stage.looked(5);
    expect(stage.messages()).toEqual(['a webhook is not served', 'a webhook is not served']);
    expect(stage.lines.map(({ fields }) => fields['why'])).toEqual([
      'there is no MutatingWebhookConfiguration inject: install it, or do not name it',
      'ValidatingWebhookConfiguration check holds no webhook whose name ends in .farpoint.dev',
    ]);
    expect([...stage.current.values()]).toEqual([false, false]);
    stage.install(injectorPath, 'injector.farpoint.dev');
    stage.clock.advance(15_000);
    await stage.looked(6);
    expect(stage.current.get('injector')).toBe(true);
    expect(stage.client.countOf('apply', 'mutatingwebhookconfigurations')).toBe(1);
  });

  test('cannot be written: said once, and one configuration keeps the other from nothing', async () => {
    const stage = new Stage();
    stage.install(injectorPath, 'injector.farpoint.dev');
    stage.install(validatorPath, 'validator.farpoint.dev');
    stage.client.failure = ({ verb, path }) => (verb === 'apply' && path === injectorPath ? linkError(403) : null);
    stage.start();
    await stage.looked(1);
    stage.clock.advance(15_000);
    await stage.looked(2);
    expect(stage.messages()).toEqual(['the CA bundle of a webhook cannot be kept current']);
    expect(Object.fromEntries(stage.current)).toEqual({ injector: false, validator: true });
  });

  test('is no business of a replica that leads no more', async () => {
    const stage = new Stage();
    stage.start();
    await stage.looked(1);
    await stage.stop();
    expect([...stage.current.values()]).toEqual([null, null]);
  });
});

/** A Resiliency from `kubectl apply` to a call and back to its condition: the real API server, operator, push channel and proxy. */
import { describe, expect, test } from 'vitest';
import type { Condition } from '../../operator/status/condition.ts';
import { waitUntil } from '../support/start-test-proxy.ts';
import { startUpstream, type TestUpstream } from '../support/start-upstream.ts';
import { callTarget, daprObject, startCallSite, untilAnswered, type CallSite } from './support/call-site.ts';
import { sharedControlPlane } from './support/shared-control-plane.ts';
import type { PodProxy } from './support/start-pod-proxy.ts';

const client = sharedControlPlane();

interface FlakyUpstream extends TestUpstream {
  /** Requests for each path. */
  readonly countsByPath: ReadonlyMap<string, number>;
}

/** Serves each path the third time that it is asked for. */
async function startFlakyUpstream(): Promise<FlakyUpstream> {
  const countsByPath = new Map<string, number>();
  const upstream = await startUpstream(({ url = '' }, response) => {
    const count = (countsByPath.get(url) ?? 0) + 1;
    countsByPath.set(url, count);
    response.writeHead(count < 3 ? 503 : 200).end(`request ${count}`);
  });
  return { port: upstream.port, origin: upstream.origin, countsByPath };
}

function endpoint({ origin }: TestUpstream): object {
  return daprObject('HTTPEndpoint', 'far', { spec: { baseUrl: origin } });
}

function resiliency(name: string, { retry = 'again', maxRetries = 3, scopes = [] as readonly string[] }): object {
  const retries = { again: { duration: '1ms', maxRetries } };
  return daprObject('Resiliency', name, {
    scopes,
    spec: { policies: { retries }, targets: { apps: { far: { retry } } } },
  });
}

let paths = 0;

/** A path that was never asked for before. */
function callAnew(proxy: PodProxy): ReturnType<typeof callTarget> {
  paths += 1;
  return callTarget(proxy, 'far', `path-${paths}`);
}

async function untilCalled(proxy: PodProxy, status: number): Promise<void> {
  await untilAnswered(
    () => callAnew(proxy),
    (answer) => answer.status === status,
  );
}

async function untilCondition(site: CallSite, name: string, wanted: Partial<Condition>): Promise<void> {
  const viewer = site.viewer('resiliencies');
  await waitUntil(async () => {
    const condition = await viewer.condition(name, 'Accepted');
    return (
      condition !== undefined &&
      Object.entries(wanted).every(([field, value]) => condition[field as keyof Condition] === value)
    );
  });
}

describe('an applied Resiliency', () => {
  test('makes a running proxy try again, and as it changes or goes, otherwise', async () => {
    const site = await startCallSite(client, 'resiliency');
    const proxy = await site.proxyFor('orders');
    const upstream = await startFlakyUpstream();
    await site.apply(endpoint(upstream));
    await untilCalled(proxy, 503);

    await site.apply(resiliency('r', {}));
    await untilCalled(proxy, 200);
    expect(await callAnew(proxy)).toMatchObject({ status: 200, body: 'request 3' });
    const reason = '--for=jsonpath={.status.conditions[0].reason}=Accepted';
    const waited = await client.kubectl([
      'wait',
      reason,
      '--timeout=30s',
      'resiliency/r',
      `--namespace=${site.namespace}`,
    ]);
    expect(waited).toMatchObject({ code: 0 });
    await untilCondition(site, 'r', { status: 'True', reason: 'Accepted', observedGeneration: 1 });
    const shown = await client.kubectl(['get', 'resiliency', 'r', `--namespace=${site.namespace}`, '--no-headers']);
    expect(shown.stdout).toMatch(/^r +True +Accepted /);

    await site.apply(resiliency('r', { maxRetries: 1 }));
    await untilCalled(proxy, 503);
    await untilCondition(site, 'r', { status: 'True', observedGeneration: 2 });

    await site.apply(resiliency('r', {}));
    await untilCalled(proxy, 200);
    await site.remove('resiliency', 'r');
    await untilCalled(proxy, 503);
  });

  test('is for the apps in its scopes', async () => {
    const site = await startCallSite(client, 'resiliency');
    const [orders, billing] = [await site.proxyFor('orders'), await site.proxyFor('billing')];
    await site.apply(endpoint(await startFlakyUpstream()), resiliency('r', { scopes: ['orders'] }));
    await untilCalled(orders, 200);
    expect((await callAnew(billing)).status).toBe(503);
    await site.apply(resiliency('r', { scopes: ['billing'] }));
    await untilCalled(billing, 200);
    await untilCalled(orders, 503);
  });
});

describe('what is wrong with a Resiliency', () => {
  test('is said in its condition and an Event, and holds nothing else up', async () => {
    const site = await startCallSite(client, 'resiliency');
    const proxy = await site.proxyFor('orders');
    await site.apply(
      endpoint(await startFlakyUpstream()),
      resiliency('good', {}),
      resiliency('typo', { retry: 'agian' }),
    );
    await untilCondition(site, 'good', {
      reason: 'AcceptedWithWarnings',
      status: 'True',
    });
    await untilCondition(site, 'typo', { status: 'True', reason: 'PartiallyInvalid', observedGeneration: 1 });
    const { message } = (await site.viewer('resiliencies').condition('typo', 'Accepted')) ?? { message: '' };
    expect(message).toContain('spec.targets.apps.far.retry has no effect: the retry policy "agian" does not exist');
    await waitUntil(async () => {
      const events = await site.viewer('resiliencies').events('typo');
      return events.some((event) => event.startsWith('Warning PartiallyInvalid: Accepted is True: spec.targets'));
    });
    await untilCalled(proxy, 503);

    await site.apply(resiliency('typo', {}));
    await untilCondition(site, 'typo', { status: 'True', reason: 'Accepted', observedGeneration: 2 });
    await untilCalled(proxy, 200);
  });
});

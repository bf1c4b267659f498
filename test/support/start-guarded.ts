/** A real proxy whose endpoints have a circuit breaker, before one upstream that a test makes fail. */
import type { RequestListener } from 'node:http';
import { ask, type Answer } from './ask.ts';
import { parseExposition } from './exposition.ts';
import { httpEndpoint } from './http-endpoint.ts';
import type { LogLine } from './memory-logger.ts';
import { resiliency } from './resiliency.ts';
import { startTestProxy, type TestProxy, type TestProxyOptions } from './start-test-proxy.ts';
import { startUpstream } from './start-upstream.ts';

/** Opens at the third failure in a row. */
export const minute = 'trip: consecutiveFailures >= 3, timeout: 60s';

/** A Resiliency with one circuit breaker, `cb`. */
export function breakerManifest(rule: string, targets = '{ up: { circuitBreaker: cb } }'): string {
  return resiliency(`{ circuitBreakers: { cb: { ${rule} } } }`, targets);
}

export interface GuardedProxy {
  readonly proxy: TestProxy;
  /** Requests that reached the upstream. */
  readonly calls: () => number;
  readonly call: (target?: string) => Promise<Answer>;
}

/** One upstream behind the endpoints `up` and `other`; `policies` is a Resiliency. */
export async function startGuarded(
  policies: string,
  serve: RequestListener,
  options: TestProxyOptions = {},
): Promise<GuardedProxy> {
  let calls = 0;
  const upstream = await startUpstream((request, response) => {
    calls += 1;
    request.resume();
    serve(request, response);
  });
  const proxy = await startTestProxy({
    ...options,
    resources: {
      'up.yaml': httpEndpoint('up', upstream.origin),
      'other.yaml': httpEndpoint('other', upstream.origin),
      'policies.yaml': policies,
    },
  });
  return {
    proxy,
    calls: () => calls,
    call: (target = 'up') => ask(proxy.port, { path: `/v1.0/invoke/${target}/method/x` }),
  };
}

/** The states that breakers came into, as the log tells. */
export function breakerStates(lines: readonly LogLine[]): readonly unknown[] {
  return lines.flatMap(({ message, fields }) =>
    message === 'circuit breaker changed its state' ? [fields['to']] : [],
  );
}

/** As the metadata lists them. */
export async function shownBreakers(proxy: TestProxy): Promise<unknown> {
  const { body } = await ask(proxy.port, { path: '/v1.0/metadata' });
  return (JSON.parse(body) as { circuitBreakers?: unknown }).circuitBreakers;
}

/** The state of `up` that a scrape of the proxy shows. */
export async function scrapedState({ running }: TestProxy): Promise<string | undefined> {
  const families = parseExposition((await ask(running.metricsPort ?? 0, { path: '/' })).body);
  const samples = families.get('dapr_resiliency_cb_state')?.samples ?? [];
  return samples.find(({ labels, value }) => labels['target'] === 'app_up' && value === 1)?.labels['status'];
}

/** Answers 500. */
export const failing: RequestListener = (_request, response) => void response.writeHead(500).end('broken');

/** Answers 200. */
export const good: RequestListener = (_request, response) => void response.end('fine');

/** `--wait`: asks a proxy on this machine until it can call out. daprd's own exits 0 even when it gave up. */
import { request } from 'node:http';
import type { Clock } from '#shared/clock/clock.ts';
import type { OutboundAddress } from '#shared/settings/proxy-mode.ts';

const pauseMs = 100;
const longestTryMs = 500;
const longestWaitMs = 60_000;

export interface WaitOptions {
  readonly clock: Clock;
  /** Takes each line of progress. */
  readonly report: (line: string) => void;
}

/** Resolves whether the proxy became ready in time. */
export async function waitUntilOutboundReady(address: OutboundAddress, options: WaitOptions): Promise<boolean> {
  const { host, port } = address;
  const { clock, report } = options;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1.0/healthz/outbound`;
  const startMs = clock.monotonicMs();
  let reported = '';
  for (;;) {
    const outcome = await askOnce(url);
    if (outcome === 'ready') {
      report('ready');
      return true;
    }
    if (clock.monotonicMs() - startMs >= longestWaitMs) {
      report(`gave up after ${longestWaitMs / 1000} s: ${url}: ${outcome}`);
      return false;
    }
    if (outcome !== reported) report(`waiting for ${url}: ${outcome}`);
    reported = outcome;
    await clock.sleep(pauseMs, new AbortController().signal);
  }
}

/** Resolves `ready`, or why it is not. */
function askOnce(url: string): Promise<string> {
  return new Promise((resolve) => {
    const asking = request(url, { agent: false, timeout: longestTryMs }, (response) => {
      response.resume();
      resolve(response.statusCode === 204 ? 'ready' : `status ${response.statusCode ?? 0}`);
    });
    asking.on('timeout', () => asking.destroy(new Error('no answer')));
    asking.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    asking.end();
  });
}

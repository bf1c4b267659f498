/** `--wait`: asks a proxy on this machine until it can call out. daprd's own exits 0 even when it gave up. */
import { request } from 'node:http';
import type { Clock } from '#shared/clock/clock.ts';
import type { OutboundAddress } from '#shared/settings/proxy-mode.ts';
import { printError } from './print.ts';

const pauseMs = 100;
const longestTryMs = 500;
const longestWaitMs = 60_000;

/** Resolves whether the proxy became ready in time. Tells its progress on standard error. */
export async function waitUntilOutboundReady({ host, port }: OutboundAddress, clock: Clock): Promise<boolean> {
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/v1.0/healthz/outbound`;
  const startMs = clock.monotonicMs();
  let reported = '';
  for (;;) {
    const outcome = await askOnce(url);
    if (outcome === 'ready') {
      printError('ready\n');
      return true;
    }
    if (clock.monotonicMs() - startMs >= longestWaitMs) {
      printError(`gave up after ${longestWaitMs / 1000} s: ${url}: ${outcome}\n`);
      return false;
    }
    if (outcome !== reported) printError(`waiting for ${url}: ${outcome}\n`);
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

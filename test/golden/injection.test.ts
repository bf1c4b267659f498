import path from 'node:path';
import { applyPatch } from 'rfc6902';
import { describe, expect, test } from 'vitest';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { decideInjection } from '../../operator/inject/decide-injection.ts';
import { injectProxy } from '../../operator/inject/inject-proxy.ts';
import { jsonPatch } from '../../operator/inject/json-patch.ts';
import { goldenCases, strayFiles } from './golden-files.ts';
import { runInjectionCase } from './injection-case.ts';

const folder = path.join(import.meta.dirname, 'injection');
const cases = goldenCases(folder);

/** What Kubernetes gives to every container of a namespace with Services of these names. */
const serviceVariables = {
  APP_ID: 'tcp://10.0.0.1:80',
  APP_PORT: 'tcp://10.0.0.1:80',
  APP_PROTOCOL: 'tcp://10.0.0.1:80',
  DAPR_HTTP_PORT: 'tcp://10.0.0.1:80',
  DAPR_GRPC_PORT: 'tcp://10.0.0.1:80',
  DAPR_METRICS_PORT: 'tcp://10.0.0.1:80',
};

describe('injection', () => {
  test.each(cases)('$name', async ({ input, outputFile }) => {
    await expect(runInjectionCase(input).output).toMatchFileSnapshot(outputFile);
  });

  test('every output has its input, every input shows one thing', () => {
    expect(strayFiles(folder)).toEqual([]);
  });
});

describe('of every case', () => {
  const results = cases.map(({ name, input }) => ({ name, ...runInjectionCase(input) }));
  const injections = results.flatMap(({ report, ...rest }) => (report.kind === 'inject' ? [{ ...rest, report }] : []));

  test.each(injections)('$name: the proxy starts with its arguments, whatever Services there are', ({ report }) => {
    const { args, appId } = report.plan;
    expect(proxySettingsFrom(args, serviceVariables)).toMatchObject({ appId, namespace: 'default' });
  });

  test.each(results)('$name: the patch makes the pod', ({ pod, injected }) => {
    const patched = structuredClone(pod);
    expect(applyPatch(patched, [...jsonPatch(pod, injected)]).filter((failure) => failure !== null)).toEqual([]);
    expect(patched).toEqual(injected);
  });

  test.each(injections)('$name: once is enough', ({ injected, options }) => {
    const again = decideInjection(injected, options);
    expect(again).toMatchObject({ kind: 'skip', reason: 'AlreadyInjected' });
    expect(jsonPatch(injected, injectProxy(injected, again))).toEqual([]);
  });
});

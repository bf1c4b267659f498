/** The laws of injection: it returns for anything, adds and changes nothing, and does it once. */
import fc from 'fast-check';
import { applyPatch } from 'rfc6902';
import { describe, expect, test } from 'vitest';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import { appIdMistake } from '../../../operator/identity/pod-facts.ts';
import { decideInjection } from '../../../operator/inject/decide-injection.ts';
import { injectProxy } from '../../../operator/inject/inject-proxy.ts';
import { jsonPatch } from '../../../operator/inject/json-patch.ts';
import { knownAnnotations } from '../../../operator/inject/known-annotations.ts';
import type { InjectionOptions } from '../../../operator/inject/plan-proxy.ts';

function optionsFrom(flags: readonly string[], hasNativeSidecars: boolean): InjectionOptions {
  const settings = operatorSettingsFrom(['--proxy-image=registry.local/proxy:1', ...flags], {});
  const { proxy, annotationPrefixes, tokenAudience } = settings;
  return { proxy, annotationPrefixes, tokenAudience, hasNativeSidecars };
}

const options = fc.constantFrom(
  optionsFrom([], true),
  optionsFrom(['--proxy-url-calls=deny', '--proxy-run-as-user=-1', '--proxy-image-pull-secrets=a,b'], false),
);

const plausible = fc.constantFrom('true', 'no', '', '0', '1', '80', '5s', '4Mi', 'a', 'a=b', 'a:/b,c:/d', '/x', '$(A)');
const annotationValue = fc.oneof(
  { weight: 5, arbitrary: plausible },
  { weight: 1, arbitrary: fc.string({ maxLength: 20 }) },
);
const annotations = fc
  .dictionary(
    fc.constantFrom(...knownAnnotations.map((name) => `dapr.io/${name}`), 'farpoint.dev/app-prt'),
    annotationValue,
    {
      maxKeys: 4,
    },
  )
  .map((some) => ({ 'dapr.io/app-id': 'orders', ...some, 'dapr.io/enabled': 'true' }));

const name = fc.constantFrom('app', 'b', 'c', 'farpoint-sockets', 'DAPR_HTTP_PORT', 'daprd');
const value = fc.constantFrom('1', 'x', null);
const container = fc.record(
  {
    name,
    image: fc.constant('image'),
    env: fc.option(fc.array(fc.record({ name, value }), { maxLength: 3 })),
    ports: fc.option(fc.array(fc.record({ containerPort: fc.constantFrom(80, 3500) }))),
    volumeMounts: fc.option(fc.array(fc.record({ name, mountPath: fc.constantFrom('/x', '/y') }))),
    restartPolicy: fc.constantFrom('Always', null),
  },
  { requiredKeys: ['name'] },
);
const pod = fc.record({
  apiVersion: fc.constant('v1'),
  kind: fc.constant('Pod'),
  metadata: fc.record(
    {
      name: fc.constant('pod-0'),
      labels: fc.option(fc.dictionary(fc.constantFrom('tier', 'dapr.io/app-id'), fc.constantFrom('orders', 'x'))),
      annotations,
      ownerReferences: fc.constant([{ kind: 'Job', name: 'j' }]),
    },
    { requiredKeys: ['annotations'] },
  ),
  spec: fc.record(
    {
      containers: fc.uniqueArray(container, { selector: (one) => one.name, maxLength: 3 }),
      initContainers: fc.option(fc.uniqueArray(container, { selector: (one) => one.name, maxLength: 3 })),
      volumes: fc.option(fc.array(fc.record({ name, emptyDir: fc.constant({}) }), { maxLength: 2 })),
      imagePullSecrets: fc.option(fc.array(fc.record({ name: fc.constantFrom('a', 'c') }))),
      enableServiceLinks: fc.option(fc.boolean()),
      hostNetwork: fc.boolean(),
      terminationGracePeriodSeconds: fc.nat(100),
      schedulerName: fc.constant('s'),
    },
    { requiredKeys: ['containers'] },
  ),
});

/** Where a value of the user is not in the result any more; lists may have grown at both ends. */
function lost(before: unknown, after: unknown, path = ''): readonly string[] {
  if (before === null || before === undefined) return [];
  if (Array.isArray(before)) {
    const list = Array.isArray(after) ? after : [];
    const shift = Array.from({ length: list.length - before.length + 1 }, (_, index) => index);
    const losses = shift.map((start) =>
      before.flatMap((item, index) => lost(item, list[start + index], `${path}/${index}`)),
    );
    return losses.find((loss) => loss.length === 0) ?? losses[0] ?? [path];
  }
  if (typeof before === 'object') {
    return Object.entries(before).flatMap(([key, inner]) =>
      lost(inner, (after as UnknownRecord | null | undefined)?.[key], `${path}/${key}`),
    );
  }
  return before === after ? [] : [path];
}

describe('injection', () => {
  test('returns for anything', () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.jsonValue()), options, (anything, some) => {
        const report = decideInjection(anything, some);
        expect(['skip', 'refuse']).toContain(report.kind);
      }),
    );
  });

  test('says why not, or gives arguments that the proxy takes', () => {
    fc.assert(
      fc.property(pod, options, (some, choice) => {
        const report = decideInjection(some, choice);
        if (report.kind === 'refuse') {
          expect(report.mistakes.length).toBeGreaterThan(0);
          for (const mistake of report.mistakes) expect(mistake).toMatch(/\.$/);
        }
        if (report.kind !== 'inject') return;
        const args = report.plan.args.map((argument) => argument.replaceAll('$$', '$'));
        expect(proxySettingsFrom(args, {}).appId).toBe(report.plan.appId);
        expect(appIdMistake(report.plan.appId)).toBeNull();
      }),
      { numRuns: 500 },
    );
  });

  test('loses nothing of the user`s, and is done once', () => {
    fc.assert(
      fc.property(pod, options, (some, choice) => {
        const before = structuredClone(some);
        const injected = injectProxy(some, decideInjection(some, choice));
        expect(some).toEqual(before);
        expect(lost(some, injected)).toEqual([]);
        const patched = structuredClone(some);
        expect(
          applyPatch(patched, structuredClone([...jsonPatch(some, injected)])).every((failure) => failure === null),
        ).toBe(true);
        expect(patched).toEqual(injected);
        const again = decideInjection(injected, choice);
        expect(jsonPatch(injected, injectProxy(injected, again))).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

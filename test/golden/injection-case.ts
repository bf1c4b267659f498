/**
 * Runs one golden input through the decision and the patch. Its first document says with which settings; the second is the
 * pod. The output has the report without the plan, and the patch, or the parts of the pod that the input names.
 */
import { parseAllDocuments, stringify } from 'yaml';
import { z } from 'zod';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { operatorSettingsFrom } from '#shared/settings/operator-settings-from.ts';
import { decideInjection } from '../../operator/inject/decide-injection.ts';
import { injectProxy } from '../../operator/inject/inject-proxy.ts';
import type { InjectionReport } from '../../operator/inject/injection-report.ts';
import { jsonPatch } from '../../operator/inject/json-patch.ts';
import type { InjectionOptions } from '../../operator/inject/plan-proxy.ts';

const Settings = z.strictObject({
  /** One sentence: the behaviour. */
  shows: z.string(),
  /** Flags of the operator, beside `--proxy-image`. */
  flags: z.array(z.string()).default([]),
  hasNativeSidecars: z.boolean().default(true),
  /** JSON pointers into the resulting pod. Absent: the whole patch. */
  parts: z.array(z.string().startsWith('/')).optional(),
});

export interface InjectionCase {
  readonly pod: UnknownRecord;
  readonly options: InjectionOptions;
  readonly report: InjectionReport;
  readonly injected: UnknownRecord;
  readonly output: string;
}

/** Everything about a golden input. */
export function runInjectionCase(input: string): InjectionCase {
  const [first, pod] = parseAllDocuments(input).map((document) => document.toJS() as UnknownRecord);
  if (pod === undefined) throw new Error('give settings and a pod');
  const { flags, hasNativeSidecars, parts } = Settings.parse(first);
  const settings = operatorSettingsFrom(['--proxy-image=registry.local/farpoint-proxy:1.2.3', ...flags], {});
  const { proxy, annotationPrefixes, tokenAudience } = settings;
  const options = { proxy, annotationPrefixes, tokenAudience, hasNativeSidecars };
  const report = decideInjection(pod, options);
  const injected = injectProxy(pod, report);
  const shown = {
    report: shownReport(report),
    ...(parts === undefined
      ? { patch: jsonPatch(pod, injected) }
      : { pod: Object.fromEntries(parts.map((pointer) => [pointer, partOf(injected, pointer)])) }),
  };
  return {
    pod,
    options,
    report,
    injected,
    output: stringify(shown, { lineWidth: 120, aliasDuplicateObjects: false }),
  };
}

function shownReport(report: InjectionReport): object {
  switch (report.kind) {
    case 'inject':
      return { kind: report.kind, warnings: report.warnings };
    case 'skip':
      return { kind: report.kind, reason: report.reason, message: report.message };
    case 'refuse':
      return report;
  }
}

function partOf(value: unknown, pointer: string): unknown {
  const found = pointer
    .slice(1)
    .split('/')
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((inner, key) => (inner as UnknownRecord | undefined)?.[key], value);
  return found ?? null;
}

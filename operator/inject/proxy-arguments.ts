/** Annotations -> the arguments of the proxy, checked by the rules that the proxy itself checks them by. Pure. */
import { ConfigError } from '#shared/errors/config-error.ts';
import type { Flag } from '#shared/settings/flag.ts';
import { proxyFlags } from '#shared/settings/proxy-flags.ts';
import { proxySettingsFrom } from '#shared/settings/proxy-settings-from.ts';
import type { ProxySettings } from '#shared/settings/proxy-settings.ts';
import { argumentTable, type ArgumentFacts, type ArgumentRow } from './argument-table.ts';
import { shownAnnotation, type Annotation, type PodAnnotations } from './pod-annotations.ts';

export interface ProxyArguments {
  readonly args: readonly string[];
  /** What the proxy will make of them. */
  readonly settings: ProxySettings;
}

interface Argument {
  readonly flag: string;
  readonly text: string;
  /** Where it comes from; `null`: from nobody's annotation. */
  readonly annotation: Annotation | null;
}

const flags: readonly Flag[] = proxyFlags;
const booleanFlags: ReadonlySet<string> = new Set(
  flags.filter(({ kind }) => kind === 'boolean').map(({ name }) => name),
);

/** `null`: the proxy would not start; the sentences are among the mistakes of the annotations. */
export function proxyArguments(facts: ArgumentFacts, annotations: PodAnnotations): ProxyArguments | null {
  const list = argumentTable.flatMap((row) => argumentOf(row, facts, annotations) ?? []);
  const args = list.map(({ flag, text }) => `--${flag}=${text}`);
  try {
    const settings = proxySettingsFrom(args, {});
    return { args: args.map(withoutExpansion), settings };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    annotations.mistakes.push(...error.mistakes.map((mistake) => inAnnotations(mistake, list)));
    return null;
  }
}

function argumentOf(row: ArgumentRow, facts: ArgumentFacts, annotations: PodAnnotations): Argument | null {
  const annotated = row.annotation === '' ? null : annotatedText(row, annotations);
  const text = annotated?.value ?? row.otherwise(facts);
  return text === null ? null : { flag: row.flag, text, annotation: annotated };
}

/** A boolean in the proxy's spelling; `null`: the annotation says nothing that can be used. */
function annotatedText({ flag, annotation }: ArgumentRow, annotations: PodAnnotations): Annotation | null {
  if (!booleanFlags.has(flag)) return annotations.given(annotation);
  const value = annotations.boolean(annotation);
  const found = annotations.find(annotation);
  return value === null || found === null ? null : { key: found.key, value: String(value) };
}

/** Kubernetes replaces `$(NAME)` in arguments, and reads `$$` as `$`. */
function withoutExpansion(text: string): string {
  return text.replaceAll('$', '$$$$');
}

/** The proxy's sentence about a flag as one about the annotation that it comes from, with its value. */
function inAnnotations(mistake: string, list: readonly Argument[]): string {
  return mistake
    .replace(/: "(?:[^"\\]|\\.)*" will not do; /, ': ')
    .replace(/--([a-z0-9-]+)/g, (whole, flag: string) => {
      const annotation = list.find((argument) => argument.flag === flag)?.annotation ?? null;
      return annotation === null ? whole : shownAnnotation(annotation);
    });
}

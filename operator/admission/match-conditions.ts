/** Which Pods the API server sends to the injector: the one source; the chart's template is compared with it by a test. Pure. */
import { falsyTexts } from '#shared/settings/falsy-texts.ts';

export interface MatchCondition {
  readonly name: string;
  /** CEL. */
  readonly expression: string;
}

/**
 * Pods with an annotation `enabled` that says something else than no: whatever else it says is the injector's to judge. All other
 * Pods cost nothing, and start also while no operator runs.
 */
export function injectorMatchConditions(annotationPrefixes: readonly string[]): readonly MatchCondition[] {
  const prefixes = [...new Set([...annotationPrefixes, 'farpoint.dev'])];
  const names = listOf(prefixes.map((prefix) => `${prefix}/enabled`));
  return [
    {
      name: 'annotated',
      expression:
        `has(object.metadata.annotations) && ${names}.exists(name, name in object.metadata.annotations && ` +
        `!(object.metadata.annotations[name].lowerAscii() in ${listOf(falsyTexts)}))`,
    },
  ];
}

/** None of the texts holds anything that a CEL string would have to escape. */
function listOf(texts: readonly string[]): string {
  return `[${texts.map((text) => `'${text}'`).join(', ')}]`;
}

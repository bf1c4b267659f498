/** App ids in `scopes` that no Pod can have. One that no Pod has yet is nothing to warn of. Total and pure. */
import { stringsFrom, type UnknownRecord } from '#shared/resources/read-field.ts';
import { appIdMistake } from '../identity/pod-facts.ts';

/** More of them say nothing new. */
const maxSaid = 10;

/** A sentence for each, up to a few. */
export function scopeWarnings(object: UnknownRecord): readonly string[] {
  const sentences: string[] = [];
  for (const [index, scope] of stringsFrom(object['scopes']).entries()) {
    const mistake = appIdMistake(scope);
    if (mistake !== null) sentences.push(`scopes[${index}] matches no pod: ${mistake}`);
    if (sentences.length === maxSaid) break;
  }
  return sentences;
}

/** The settings of a middleware that is about to start. */
import type { ParsedSettings } from '#shared/middleware/parsed-settings.ts';

/** Throws an Error of one sentence, which names settings and holds no value. */
export function usableSettings<Settings>(parsed: ParsedSettings<Settings>): Settings {
  if (parsed.settings === null) throw new Error(parsed.mistakes.join('; '));
  return parsed.settings;
}

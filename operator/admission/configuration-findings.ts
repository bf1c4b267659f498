/** One Configuration by its own text: a mistake would close every proxy that names it. Total and pure. */
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings } from './findings.ts';

/** The findings about a Configuration. */
export function configurationFindings(object: UnknownRecord): ObjectFindings {
  const { document } = manifestFrom('Configuration', object);
  const location = 'it';
  const { mistakes } = parseConfiguration([{ document, location }]);
  return { errors: mistakes.map((mistake) => mistake.slice(`${location}: `.length)), warnings: [] };
}

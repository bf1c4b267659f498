/** One Configuration by its own text: a mistake would close every proxy that names it. Total and pure. */
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings } from './findings.ts';

/** The findings about a Configuration. What only Farpoint cannot do is no mistake where Dapr runs as well. */
export function configurationFindings(object: UnknownRecord): ObjectFindings {
  const { document } = manifestFrom('Configuration', object);
  const location = 'it';
  const { mistakes, unsupported } = parseConfiguration([{ document, location }]);
  const sentence = (mistake: string): string => mistake.slice(`${location}: `.length);
  return {
    errors: mistakes.filter((mistake) => !unsupported.includes(mistake)).map(sentence),
    warnings: unsupported.map((mistake) => `${sentence(mistake)}: apps that name this Configuration may call nothing`),
  };
}

/** One Configuration by its own text: a mistake would close every proxy that names it. Total and pure. */
import { compilePipelines } from '#shared/compile/compile-pipelines.ts';
import { KnownMiddleware } from '#shared/compile/known-middleware.ts';
import { lookupFailure } from '#shared/compile/look-up-value.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import { parseConfiguration } from '#shared/resources/parse-configuration.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings, Surroundings } from './findings.ts';

/** The findings about a Configuration. Handlers that lead nowhere are doubts: what they name may come. */
export function configurationFindings(object: UnknownRecord, around: Surroundings): ObjectFindings {
  const { document } = manifestFrom('Configuration', object);
  const location = 'it';
  const { configuration, mistakes } = parseConfiguration([{ document, location }]);
  const errors = mistakes.map((mistake) => mistake.slice(`${location}: `.length));
  return { errors, warnings: errors.length > 0 ? [] : unmetHandlers(configuration, around) };
}

function unmetHandlers(configuration: Configuration, around: Surroundings): readonly string[] {
  const components = around.middleware(configuration.subject.namespace);
  const { problems } = compilePipelines({
    configuration,
    components: components ?? [],
    // What becomes of its references is the Component's business.
    placeOf: () => ({
      env: null,
      allowedEnvNames: null,
      secretScopes: [],
      storeName: '',
      findSecret: lookupFailure('SecretPending', 'secrets are not looked at here'),
    }),
    known: new KnownMiddleware(''),
  });
  return problems
    .filter(({ subject, reason }) => {
      return subject === configuration.subject && (components !== null || reason !== 'ComponentNotFound');
    })
    .map(({ message }) => `spec.${message}; until this is mended, what the handler guards is refused`);
}

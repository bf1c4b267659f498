/** What is to be said about one Configuration: that it is not in force, and handlers that nobody can have. Pure apart from reading the book. */
import { compilePipelines } from '#shared/compile/compile-pipelines.ts';
import type { Configuration } from '#shared/resources/configuration.ts';
import type { MiddlewareEntry } from '#shared/table/middleware.ts';
import type { OptionFinding, OptionReport } from '../status/option-report.ts';
import type { MiddlewareBook } from './middleware-book.ts';
import { scopeSelections } from './scope-selections.ts';
import type { StoredConfiguration } from './table-feed.ts';

/** `null`: there is nothing in it that could go wrong. */
export function configurationReport(
  namespace: string,
  { name, uid, generation, parsed: { configuration, mistakes } }: StoredConfiguration,
  book: MiddlewareBook,
): OptionReport | null {
  const { http, app } = configuration.pipelines;
  if (mistakes.length + http.length + app.length === 0) return null;
  const location = `Configuration ${namespace}/${name}: `;
  const broken = mistakes.map((mistake): OptionFinding => {
    const message = mistake.startsWith(location) ? mistake.slice(location.length) : mistake;
    return { reason: 'InvalidConfiguration', message, severity: 'error' };
  });
  const findings = [...broken, ...unmetHandlers(namespace, configuration, book)];
  return { kind: 'Configuration', namespace, name, uid, generation, findings, isPartlyUsed: false };
}

/**
 * Handlers that are refused for every app. One that is refused for some may be in no Configuration of theirs; those who call
 * are told.
 */
function unmetHandlers(
  namespace: string,
  configuration: Configuration,
  book: MiddlewareBook,
): readonly OptionFinding[] {
  const { http, app } = configuration.pipelines;
  const names = new Set([...http, ...app].map((handler) => handler.name));
  const components = book.componentsIn(namespace).filter((component) => names.has(component.name));
  const messages = scopeSelections(components).map(({ resources }) => {
    const { pipelines } = compilePipelines({
      configuration,
      components: resources,
      placeOf: (component) => book.placeOf(component, configuration),
      known: book.known,
    });
    return new Map([...refusedIn('httpPipeline', pipelines.http), ...refusedIn('appHttpPipeline', pipelines.app)]);
  });
  const [first = new Map<string, OptionFinding>(), ...others] = messages;
  return [...first.values()].filter(({ message }) => others.every((other) => other.has(message)));
}

function refusedIn(
  pipeline: string,
  entries: readonly MiddlewareEntry[],
): readonly (readonly [message: string, finding: OptionFinding])[] {
  return entries.flatMap((entry) => {
    if (entry.state === 'ready') return [];
    const message = `spec.${pipeline}: handler ${entry.name} is refused: ${entry.message}`;
    return [[message, { reason: entry.reason, message, severity: 'error' }]];
  });
}

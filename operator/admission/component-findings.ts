/** One Component by its own text. Only secret stores matter to calls. Total and pure. */
import { parseComponent } from '#shared/resources/component.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings } from './findings.ts';

/** The findings about a Component. */
export function componentFindings(object: UnknownRecord): ObjectFindings {
  const { component, problem } = parseComponent(manifestFrom('Component', object));
  if (component === null) return { errors: [problem.message], warnings: [] };
  const { type } = component;
  const isUnread = type.startsWith('secretstores.') && type !== 'secretstores.kubernetes';
  const warning = `spec.type ${type}: in a cluster only secretstores.kubernetes is read; an HTTPEndpoint that names this store is refused`;
  return { errors: [], warnings: isUnread ? [warning] : [] };
}

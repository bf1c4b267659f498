/** One Component by its own text: secret stores and middleware are what matters to calls. Total and pure. */
import { middlewareFindings } from '#shared/compile/compile-middleware.ts';
import { KnownMiddleware } from '#shared/compile/known-middleware.ts';
import { isMiddleware, parseComponent } from '#shared/resources/component.ts';
import type { UnknownRecord } from '#shared/resources/read-field.ts';
import { middlewareInUse } from '../tables/middleware-in-use.ts';
import { clusterWithoutSecrets } from './cluster-without-secrets.ts';
import { manifestFrom } from './manifest-from.ts';
import type { ObjectFindings, Surroundings } from './findings.ts';
import { messagesOf, referenceFindings } from './reference-findings.ts';

/** The findings about a Component. A type or settings that only Dapr can use are no mistake where Dapr runs as well. */
export function componentFindings(object: UnknownRecord, around: Surroundings): ObjectFindings {
  const parsed = parseComponent(manifestFrom('Component', object));
  const { component } = parsed;
  if (component === null) return { errors: [parsed.problem.message], warnings: [] };
  const { type } = component;
  if (!isMiddleware(component)) {
    const isUnread = type.startsWith('secretstores.') && type !== 'secretstores.kubernetes';
    const warning = `spec.type ${type}: in a cluster only secretstores.kubernetes is read; what names this store is refused`;
    return { errors: [], warnings: isUnread ? [warning] : [] };
  }
  const findings = middlewareFindings(component);
  const feed = clusterWithoutSecrets(around);
  const inUse = middlewareInUse({ name: component.name, parsed, uid: '', generation: 0 }, null, {
    feed,
    known: new KnownMiddleware(''),
  });
  const { lasting, passing } = referenceFindings(inUse.findings);
  return {
    errors: messagesOf(lasting, 'error'),
    warnings: [
      ...messagesOf(findings, 'error').map((message) => `${message}; whatever a pipeline guards with it is refused`),
      ...messagesOf(findings, 'warning'),
      ...messagesOf(passing, 'error'),
    ],
  };
}

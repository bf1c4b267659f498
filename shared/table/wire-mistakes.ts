/** What a schema finds wrong with something from the wire, said by field. Neither values nor keys of maps appear. */

/** The parts of zod's issues that are used here. */
export interface SchemaIssue {
  readonly code: string;
  readonly path: readonly PropertyKey[];
}

const maxSaid = 5;
const fieldName = /^[A-Za-z]{1,32}$/;

/** `options.apiLogging.enabled (invalid_type), headers[3].name (too_big) and 2 more`. */
export function mistakesOf(issues: readonly SchemaIssue[]): string {
  const said = issues.slice(0, maxSaid).map(({ path, code }) => `${fieldOf(path)} (${code})`);
  const more = issues.length - said.length;
  return said.join(', ') + (more === 0 ? '' : ` and ${more} more`);
}

function fieldOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return 'the whole';
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${named(step)}`))
    .join('');
}

/** Names of our own fields are letters; anything else is a key that came over the wire. */
function named(step: PropertyKey): string {
  return typeof step === 'string' && fieldName.test(step) ? step : '*';
}

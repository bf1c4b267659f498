/** What a generated validator finds, and how it is said to people. Values never appear: they may be secrets. */
import { recordFrom, type UnknownRecord } from './read-field.ts';

/** The parts of ajv's error object that are used here. */
export interface SchemaMistake {
  /** JSON pointer, `''` for the document itself. */
  readonly instancePath: string;
  readonly message?: string;
  readonly params: { readonly allowedValues?: readonly unknown[]; readonly type?: unknown };
}

/** One sentence for all mistakes: `spec.headers[0].name must be string; spec must have required property 'baseUrl'`. */
export function schemaMistakeSentence(mistakes: readonly SchemaMistake[]): string {
  return mistakes.map((mistake) => clause(mistake, 'the document', mistake.instancePath)).join('; ');
}

/**
 * The same for mistakes that all lie within one place of a document: `maxRetries must be integer`, or `it must be object`.
 * A number where a text belongs was a text to whoever wrote it.
 */
export function schemaMistakesWithin(
  place: string,
  mistakes: readonly SchemaMistake[],
  document: UnknownRecord,
): string {
  const clauses = mistakes.map((mistake) => {
    const said = clause(mistake, 'it', mistake.instancePath.slice(place.length));
    return mistake.params.type === 'string' && isNumberAt(document, mistake.instancePath)
      ? `${said}, so put the number in quotes`
      : said;
  });
  return clauses.join('; ');
}

function isNumberAt(document: UnknownRecord, pointer: string): boolean {
  const value = stepsOf(pointer).reduce<unknown>((at, step) => recordFrom(at)?.[step], document);
  return typeof value === 'number' || typeof value === 'bigint';
}

function clause({ message, params }: SchemaMistake, self: string, pointer: string): string {
  const allowed = params.allowedValues === undefined ? '' : ` (${params.allowedValues.map(String).join(', ')})`;
  return `${pointer === '' ? self : fieldPath(pointer)} ${message ?? 'is not valid'}${allowed}`;
}

/** `/spec/headers/0/name` as people write it: `spec.headers[0].name`. */
export function fieldPath(pointer: string): string {
  return stepsOf(pointer)
    .map((step, index) => {
      if (/^\d+$/.test(step)) return `[${step}]`;
      if (/^[\w$-]+$/.test(step)) return `${index === 0 ? '' : '.'}${step}`;
      return `[${JSON.stringify(withoutUserInfo(step))}]`;
    })
    .join('');
}

/** The steps of a JSON pointer (RFC 6901). */
export function stepsOf(pointer: string): readonly string[] {
  const steps = pointer.split('/').slice(1);
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The JSON pointer of these steps. */
export function pointerOf(steps: readonly string[]): string {
  return steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** A key may be a URL, and that may hold a password. */
function withoutUserInfo(key: string): string {
  const from = key.indexOf('//');
  const to = key.lastIndexOf('@');
  return from < 0 || to < from ? key : `${key.slice(0, from)}//…${key.slice(to)}`;
}

/** What a generated validator finds, and how it is said to people. Values never appear: they may be secrets. */

/** The parts of ajv's error object that are used here. */
export interface SchemaMistake {
  /** JSON pointer, `''` for the document itself. */
  readonly instancePath: string;
  readonly message?: string;
  readonly params: { readonly allowedValues?: readonly unknown[] };
}

/** One sentence for all mistakes: `spec.headers[0].name must be string; spec must have required property 'baseUrl'`. */
export function schemaMistakeSentence(mistakes: readonly SchemaMistake[]): string {
  return mistakes.map(clause).join('; ');
}

function clause({ instancePath, message, params }: SchemaMistake): string {
  const allowed = params.allowedValues === undefined ? '' : ` (${params.allowedValues.map(String).join(', ')})`;
  return `${fieldPath(instancePath)} ${message ?? 'is not valid'}${allowed}`;
}

/** `/spec/headers/0/name` as people write it: `spec.headers[0].name`. */
function fieldPath(pointer: string): string {
  if (pointer === '') return 'the document';
  return pointer
    .slice(1)
    .split('/')
    .map((step, index) => (/^\d+$/.test(step) ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}

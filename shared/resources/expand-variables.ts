/**
 * `$NAME` and `${NAME}` in a Configuration file, filled in from the environment before it is parsed (spec/policy.md §1).
 * Unlike Dapr's: `$$` is a dollar sign, and a dollar sign before anything else is left alone. Pure.
 */

const reference = /\$(?:\$|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})/g;

/** The text with every reference replaced; a variable that is not set counts as empty. */
export function expandVariables(text: string, env: ReadonlyMap<string, string>): string {
  return text.replace(reference, (whole: string, bare?: string, braced?: string) =>
    whole === '$$' ? '$' : (env.get(bare ?? braced ?? '') ?? ''),
  );
}

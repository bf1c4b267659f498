/**
 * Moves a policy into a package of its own. Rules of one package add up on an OPA server, wherever they come from: the
 * `package http` of two Components would be one policy, and each would allow what the other one does. Pure.
 */

/** A package's declaration comes first, below comments at most. */
const declaration = /^(?:\s|#[^\n]*(?:\n|$))*package\s+([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?![\w.[])/;
/** Comments and texts, to step over them, and what begins at the root of all documents. */
const tokens = /#[^\n]*|\$?"(?:[^"\\\n]|\\.)*"|\$?`[^`]*`|(?<![\w.])data(?:\.[A-Za-z_]\w*)*(?!\w)/g;

/** The names of the package that Rego source declares; null: none, or not in plain names. */
export function regoPackage(rego: string): readonly string[] | null {
  return declaration.exec(rego)?.[1]?.split('.') ?? null;
}

/** `http` becomes `<below>.http`, also where the source refers to itself; null: it does so in a way that is not understood here. */
export function moveRegoPackage(rego: string, below: string): string | null {
  const found = declaration.exec(rego);
  const name = found?.[1];
  if (found === null || name === undefined) return null;
  const own = `data.${name}.`;
  let isUnderstood = true;
  const rules = rego.slice(found[0].length).replace(tokens, (token) => {
    if (token.startsWith('$')) isUnderstood &&= !/\bdata\b/.test(token);
    if (!/^data\b/.test(token)) return token;
    if (`${token}.`.startsWith(own)) return `data.${below}${token.slice('data'.length)}`;
    // All documents, or all of a package above: the policy's own rules are somewhere in there.
    if (own.startsWith(`${token}.`)) isUnderstood = false;
    return token;
  });
  return isUnderstood ? `${found[0].slice(0, -name.length)}${below}.${name}${rules}` : null;
}

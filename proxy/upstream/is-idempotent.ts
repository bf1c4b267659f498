/** Whether a request may be served twice without harm: by its method (RFC 9110 §9.2.2), or because its sender says so. */

const idempotentMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** `headers`: names and values in turn. An Idempotency-Key lets the far end recognise the second one. */
export function isIdempotent(method: string, headers: readonly string[]): boolean {
  if (idempotentMethods.has(method)) return true;
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    if (name.length === 15 && name.toLowerCase() === 'idempotency-key' && headers[index + 1] !== '') return true;
  }
  return false;
}

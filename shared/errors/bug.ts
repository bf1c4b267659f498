/** Something that cannot be, is: our mistake, never a user's. */
class Bug extends Error {
  override readonly name = 'Bug';
}

/** Marks a place that the types say is never reached. Throws Bug. */
export function assertNever(value: never): never {
  throw new Bug(`unexpected value: ${String(value)}`);
}

/** Throws Bug unless the condition holds. */
export function invariant(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Bug(message);
}

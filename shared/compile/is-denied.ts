/** `spec.components.deny` of a Configuration (spec/policy.md §7). Pure. */

/** Whether it names a Component's type. `denied`: `type` or `type/version`, in lower case. */
export function isDenied(
  { type, version }: { readonly type: string; readonly version: string },
  denied: readonly string[],
): boolean {
  const lowerType = type.toLowerCase();
  return denied.includes(lowerType) || denied.includes(`${lowerType}/${version.toLowerCase()}`);
}

/** The message of whatever is refused for it. */
export function denialOf(type: string): string {
  return `the Configuration denies components of type ${type}`;
}

/** One record of comma-separated values with quotes, as pflag reads its lists. Pure. */

/** Returns the values, or `null` when the quotes do not match. Empty values are left out. */
export function listFromCommaSeparated(text: string): readonly string[] | null {
  const values: string[] = [];
  let rest = text;
  while (rest !== '') {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/.exec(rest);
    if (match === null) return null;
    const [whole, quoted, plain = ''] = match;
    values.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    rest = rest.slice(whole.length);
  }
  return values.filter((value) => value !== '');
}

/** Finds the name that someone probably meant. Pure. */

/** Returns the most similar of the names, or `null` when none is near enough to suggest: a third of the text may differ. */
export function nearestName(
  text: string,
  names: readonly string[],
  nearEnough = Math.max(1, Math.floor(text.length / 3)),
): string | null {
  let nearest: string | null = null;
  let shortest = nearEnough + 1;
  for (const name of names) {
    const distance = editDistance(text, name);
    if (distance < shortest) {
      shortest = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(left: string, right: string): number {
  let above = Array.from({ length: right.length + 1 }, (_, column) => column);
  for (const [row, leftCharacter] of left.split('').entries()) {
    const current = [row + 1];
    for (const [column, rightCharacter] of right.split('').entries()) {
      const replaced = (above[column] ?? 0) + (leftCharacter === rightCharacter ? 0 : 1);
      current.push(Math.min(replaced, (above[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    above = current;
  }
  return above.at(-1) ?? 0;
}

/** Shorter prefixes fit too many words. */
const prefixLengthMin = 4;

/**
 * The known word that a misspelling most likely means: the closest within a third of its length (Levenshtein), or the only one it is a
 * prefix of; `undefined` where there is none.
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const lowered = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(lowered, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? onlyCompletion(lowered, known);
}

function onlyCompletion(word: string, known: readonly string[]): string | undefined {
  if (word.length < prefixLengthMin) return undefined;
  const [first, second] = known.filter((candidate) => candidate.toLowerCase().startsWith(word));
  return second === undefined ? first : undefined;
}

/** Levenshtein distance, cut off at `limit`: most candidates are given up after their first rows. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let row = 1; row <= a.length; row += 1) {
    const current = [row];
    let nearest = row;
    for (let column = 1; column <= b.length; column += 1) {
      const substitution = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const distance = Math.min(substitution, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      current.push(distance);
      nearest = Math.min(nearest, distance);
    }
    if (nearest >= limit) return limit;
    previous = current;
  }
  return Math.min(limit, previous[b.length] ?? 0);
}

/** Beginnings that are shorter could be those of anything. */
const beginningMin = 4;

/**
 * The known word that a misspelling most likely means: one that is near (Levenshtein, a third of its length), or the only one that goes on
 * where it ends; `undefined` where there is none.
 */
export function nearestWord(word: string, known: readonly string[]): string | undefined {
  const asked = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(asked, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? onlyOneThatBegins(asked, known);
}

function onlyOneThatBegins(word: string, known: readonly string[]): string | undefined {
  if (word.length < beginningMin) return undefined;
  const [first, second] = known.filter((candidate) => candidate.toLowerCase().startsWith(word));
  return second === undefined ? first : undefined;
}

/** @returns `limit` for all that are as far apart or farther: most words are, and are told from their first letters. */
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

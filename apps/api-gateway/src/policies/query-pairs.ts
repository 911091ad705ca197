/** The decoded name of a `name=value` pair. */
export function nameOf(pair: string): string {
  const [name = ""] = new URLSearchParams(pair.split("=", 1)[0] ?? "").keys();
  return name;
}

/**
 * The pairs in the order of their names, those of one name as they stood: of a parameter that is given twice, services take the
 * first or the last.
 */
export function sortByName(pairs: readonly string[], readName = nameOf): readonly string[] {
  return pairs
    .map((pair) => ({ pair, name: readName(pair) }))
    .toSorted((left, right) => (left.name < right.name ? -1 : Number(left.name > right.name)))
    .map(({ pair }) => pair);
}

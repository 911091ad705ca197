/**
 * Finds the cycles of a graph whose nodes have at most one successor. Each starts at its alphabetically first name. Visits every node once.
 */
export function findCycles(
  names: Iterable<string>,
  nextOf: (name: string) => string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const cycles = new Map<string, readonly string[]>();
  const visited = new Set<string>();
  for (const start of names) {
    const path = new Map<string, number>();
    let name: string | undefined = start;
    while (name !== undefined && !visited.has(name)) {
      visited.add(name);
      path.set(name, path.size);
      name = nextOf(name);
    }
    const from = name === undefined ? undefined : path.get(name);
    if (from === undefined) continue;
    const cycle = [...path.keys()].slice(from);
    const [first = ""] = cycle.toSorted();
    const begin = cycle.indexOf(first);
    cycles.set(first, [...cycle.slice(begin), ...cycle.slice(0, begin)]);
  }
  return cycles;
}

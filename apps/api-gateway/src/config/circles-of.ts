/**
 * The circles in which names lead back to themselves, each by its alphabetically first name and in its order from there on. Each name is
 * visited once, however long the ways are.
 */
export function circlesOf(
  names: Iterable<string>,
  nextOf: (name: string) => string | undefined,
): ReadonlyMap<string, readonly string[]> {
  const circles = new Map<string, readonly string[]>();
  const visited = new Set<string>();
  for (const start of names) {
    const way = new Map<string, number>();
    let name: string | undefined = start;
    while (name !== undefined && !visited.has(name)) {
      visited.add(name);
      way.set(name, way.size);
      name = nextOf(name);
    }
    const from = name === undefined ? undefined : way.get(name);
    if (from === undefined) continue;
    const circle = [...way.keys()].slice(from);
    const [first = ""] = circle.toSorted();
    const begin = circle.indexOf(first);
    circles.set(first, [...circle.slice(begin), ...circle.slice(0, begin)]);
  }
  return circles;
}

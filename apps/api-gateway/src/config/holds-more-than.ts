/**
 * Whether there are more values in a value than that, at any depth; looks no further. What stands in it several times, as aliases of
 * YAML do, counts each time: it is copied and checked as often.
 */
export function holdsMoreThan(value: unknown, valuesMax: number): boolean {
  const pending: unknown[] = [value];
  let left = valuesMax;
  while (pending.length > 0) {
    const next = pending.pop();
    if (typeof next !== "object" || next === null) continue;
    const inner = Object.values(next);
    left -= inner.length;
    if (left < 0) return true;
    for (const one of inner) pending.push(one);
  }
  return false;
}

/**
 * Whether a value contains more than `valuesMax` values at any depth; stops counting there. A value that is reachable several times, as
 * through YAML aliases, counts each time, because it is copied and checked each time.
 */
export function exceedsValueCount(value: unknown, valuesMax: number): boolean {
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

import type { Target } from "../targets/target.ts";

/**
 * The better of two targets drawn at random, "the power of two choices" (Mitzenmacher 2001): nearly as even as comparing all of
 * them, without herding on the momentarily best one.
 *
 * @param costOf lower is better.
 */
export function drawTwo(
  targets: readonly Target[],
  excluded: readonly Target[],
  random: () => number,
  costOf: (target: Target) => number,
): Target | null {
  const { length } = targets;
  const start = Math.floor(random() * length);
  const first = nextFrom(targets, start, excluded, null);
  if (first === null || length === 1) return first;
  // uniform over the others: the second draw skips the index of the first
  const offset = 1 + Math.floor(random() * (length - 1));
  const second = nextFrom(targets, (start + offset) % length, excluded, first);
  return second !== null && costOf(second) < costOf(first) ? second : first;
}

function nextFrom(
  targets: readonly Target[],
  start: number,
  excluded: readonly Target[],
  taken: Target | null,
): Target | null {
  const { length } = targets;
  for (let step = 0; step < length; step += 1) {
    const target = targets[(start + step) % length];
    if (target !== undefined && target !== taken && !excluded.includes(target)) return target;
  }
  return null;
}

import type { DiscoveredTarget } from "../../discovery/discovery.ts";
import { hashOf } from "../balancing/hash.ts";

/**
 * The targets that one process uses out of many: `size` of each priority and zone, and all that are drained. Each seed draws others, by
 * rendezvous hashing: every target is drawn by about as many processes, and one that joins or leaves changes at most one of the others.
 */
export function chooseSubset(
  found: readonly DiscoveredTarget[],
  size: number,
  seed: string,
): readonly DiscoveredTarget[] {
  const isDrained = ({ weight }: DiscoveredTarget): boolean => weight === 0;
  const alike = Map.groupBy(
    found.filter((target) => !isDrained(target)),
    ({ priority, zone }) => JSON.stringify([priority, zone]),
  );
  const drawn = [...alike.values()].flatMap((targets) => draw(targets, size, seed));
  return [...drawn, ...found.filter(isDrained)];
}

function draw(targets: readonly DiscoveredTarget[], size: number, seed: string): readonly DiscoveredTarget[] {
  if (targets.length <= size) return targets;
  return targets
    .map((target) => ({ target, score: hashOf(`${seed} ${target.upstream.id}`) }))
    .toSorted((a, b) => a.score - b.score)
    .slice(0, size)
    .map(({ target }) => target);
}

import type { Target } from "../targets/target.ts";
import { hashOf, mix } from "./hash.ts";

/** Points of a whole ring, and of a target of mean weight: more are more even but take longer to build. */
const pointsMax = 32_768;
const pointsPerTargetMax = 512;
/** Points and owners share one float, so that one native sort orders both. */
const ownerFactor = 2 ** 20;

/** Targets at points of a circle of 2^32, in proportion to their weights (Karger et al. 1997). Immutable. */
export class HashRing {
  readonly #members: readonly { readonly target: Target; readonly weight: number }[];
  readonly #points: Uint32Array;
  readonly #owners: readonly Target[];

  constructor(targets: readonly Target[]) {
    this.#members = targets.map((target) => ({ target, weight: target.weight }));
    const laid = pointsOf(targets);
    const owners: Target[] = [];
    this.#points = new Uint32Array(laid.length);
    for (let index = 0; index < laid.length; index += 1) {
      const point = laid[index] ?? 0;
      const owner = targets[point % ownerFactor];
      if (owner === undefined) continue;
      this.#points[index] = Math.floor(point / ownerFactor);
      owners.push(owner);
    }
    this.#owners = owners;
  }

  /** Whether it was built for these targets with these weights. */
  isOf(targets: readonly Target[]): boolean {
    const members = this.#members;
    return (
      members.length === targets.length &&
      members.every(({ target, weight }, index) => target === targets[index] && weight === target.weight)
    );
  }

  /** The first target from the hash on that `takes` the request; `null` where none does. */
  walk(hash: number, takes: (target: Target) => boolean): Target | null {
    const owners = this.#owners;
    const { length } = owners;
    const start = this.#firstAtOrAfter(hash);
    let last: Target | null = null;
    for (let step = 0; step < length; step += 1) {
      const at = start + step;
      const target = owners[at < length ? at : at - length];
      if (target === undefined || target === last) continue;
      if (takes(target)) return target;
      last = target;
    }
    return null;
  }

  #firstAtOrAfter(hash: number): number {
    const points = this.#points;
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((points[middle] ?? 0) < hash) low = middle + 1;
      else high = middle;
    }
    return low === points.length ? 0 : low;
  }
}

/** A target's points are a sequence derived from its id, so that other targets' changes never move them. */
function pointsOf(targets: readonly Target[]): Float64Array {
  const weight = targets.reduce((sum, target) => sum + target.weight, 0);
  const perTarget = Math.min(pointsPerTargetMax, Math.floor(pointsMax / Math.max(1, targets.length)));
  const perWeight = weight === 0 ? 0 : (perTarget * targets.length) / weight;
  const counts = targets.map((target) => Math.max(1, Math.round(target.weight * perWeight)));
  const points = new Float64Array(counts.reduce((sum, count) => sum + count, 0));
  let next = 0;
  for (const [owner, target] of targets.entries()) {
    const base = hashOf(target.id);
    for (let point = 0; point < (counts[owner] ?? 0); point += 1) {
      points[next] = mix(base + Math.imul(point, 0x9e3779b1)) * ownerFactor + owner;
      next += 1;
    }
  }
  // Its own array: nobody sees it unsorted.
  // oxlint-disable-next-line unicorn/no-array-sort -- a copy of half a megabyte for nothing
  return points.sort();
}

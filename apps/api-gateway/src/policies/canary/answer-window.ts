/** Slots of the sliding window. */
export const slotsMax = 24;

/** Four buckets to each doubling, from a quarter of a millisecond to an hour. */
const perDoubling = 4;
const bucketsMax = 26 * perDoubling;
const leastMs = 0.25;

interface Slot {
  /** Number of the slice since the epoch; counts of another one are outdated. */
  number: number;
  all: number;
  failed: number;
  readonly buckets: Uint32Array;
}

/** Sums over the window. */
export interface AnswerCounts {
  readonly all: number;
  readonly failed: number;
  /** By how long they took: see `bucketOf`. */
  readonly buckets: Uint32Array;
}

/** The answers of one service over the last while: how many, how many failed, how long they took. Its size is fixed. */
export class AnswerWindow {
  readonly #slotMs: number;
  readonly #slots: Slot[];

  constructor(windowMs: number) {
    this.#slotMs = windowMs / slotsMax;
    this.#slots = Array.from({ length: slotsMax }, () => ({
      number: Number.NEGATIVE_INFINITY,
      all: 0,
      failed: 0,
      buckets: new Uint32Array(bucketsMax),
    }));
  }

  note(nowMs: number, tookMs: number, isFailure: boolean): void {
    const number = Math.floor(nowMs / this.#slotMs);
    const slot = this.#slots[number % slotsMax];
    if (slot === undefined) return;
    if (slot.number !== number) {
      slot.number = number;
      slot.all = 0;
      slot.failed = 0;
      slot.buckets.fill(0);
    }
    slot.all += 1;
    if (isFailure) slot.failed += 1;
    const bucket = bucketOf(tookMs);
    slot.buckets[bucket] = (slot.buckets[bucket] ?? 0) + 1;
  }

  /** @param slots the last of the window's parts, the one that has just begun among them. */
  counts(nowMs: number, slots = slotsMax): AnswerCounts {
    const oldest = Math.floor(nowMs / this.#slotMs) - slots;
    const buckets = new Uint32Array(bucketsMax);
    let [all, failed] = [0, 0];
    for (const slot of this.#slots) {
      if (slot.number <= oldest) continue;
      all += slot.all;
      failed += slot.failed;
      for (let index = 0; index < bucketsMax; index += 1)
        buckets[index] = (buckets[index] ?? 0) + (slot.buckets[index] ?? 0);
    }
    return { all, failed, buckets };
  }

  clear(): void {
    for (const slot of this.#slots) slot.number = Number.NEGATIVE_INFINITY;
  }
}

/** Which bucket a time falls into: each ends a fifth above the one before it. */
export function bucketOf(ms: number): number {
  const bucket = Math.ceil(Math.log2(Math.max(ms, leastMs) / leastMs) * perDoubling);
  return Math.min(bucketsMax - 1, Math.max(0, bucket));
}

/** A bucket's upper bound, in milliseconds. */
export function endOfBucket(bucket: number): number {
  return leastMs * 2 ** (bucket / perDoubling);
}

/** The number of answers slower than the bucket's end. */
export function slowerThan({ buckets }: AnswerCounts, bucket: number): number {
  let slower = 0;
  for (let index = bucket + 1; index < bucketsMax; index += 1) slower += buckets[index] ?? 0;
  return slower;
}

/** The bucket that so great a share of the answers fall into, or into one before it. */
export function quantileBucket({ buckets, all }: AnswerCounts, share: number): number {
  let seen = 0;
  for (let index = 0; index < bucketsMax; index += 1) {
    seen += buckets[index] ?? 0;
    if (seen >= all * share) return index;
  }
  return bucketsMax - 1;
}

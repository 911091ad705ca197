import { SharedPool } from "../shared-pool.ts";
import { FairQueue } from "./fair-queue.ts";
import { type ConcurrencyLimit, GradientLimit } from "./gradient-limit.ts";
import type { QueueConfig } from "./schema.ts";

/** What makes a queue: two of the same spec are one. */
export interface QueueSpec extends Pick<QueueConfig, "waitingMax" | "waitingPerTenantMax"> {
  /** `route x`, or the name that routes share it by. */
  readonly id: string;
  readonly limit: number | NonNullable<QueueConfig["adaptive"]>;
}

/** Queues outlive snapshots: a reload must not let twice as many through. */
export class QueuePool extends SharedPool<QueueSpec, FairQueue> {
  constructor(now: () => number = () => performance.now(), random: () => number = Math.random) {
    super((spec) => {
      const { waitingMax, waitingPerTenantMax } = spec;
      return new FairQueue({ limit: limitOf(spec, now), waitingMax, waitingPerTenantMax, now, random });
    });
  }
}

function limitOf({ limit }: QueueSpec, now: () => number): ConcurrencyLimit {
  return typeof limit === "number"
    ? { limit, sample: () => undefined }
    : new GradientLimit({ ...limit, now });
}

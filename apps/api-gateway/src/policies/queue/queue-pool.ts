import { type Shared, SharedPool } from "../../sharing/shared-pool.ts";
import { FairQueue } from "./fair-queue.ts";
import { type ConcurrencyLimit, GradientLimit } from "./gradient-limit.ts";
import type { QueueConfig } from "./schema.ts";

/** What makes a queue: two of the same spec are one. */
export interface QueueSpec extends Pick<QueueConfig, "waitingMax" | "waitingPerTenantMax"> {
  /** `route x`, or the shared name. */
  readonly id: string;
  readonly limit: number | NonNullable<QueueConfig["adaptive"]>;
}

/** Queues outlive snapshots: a reload must not let twice as many through. */
export class QueuePool {
  readonly #pool = new SharedPool<FairQueue>(() => undefined);
  readonly #now: () => number;
  readonly #random: () => number;

  constructor(now: () => number = () => performance.now(), random: () => number = Math.random) {
    this.#now = now;
    this.#random = random;
  }

  acquire(spec: QueueSpec): Shared<FairQueue> {
    return this.#pool.acquire(JSON.stringify(spec), () => {
      const { waitingMax, waitingPerTenantMax } = spec;
      const [now, random] = [this.#now, this.#random];
      return new FairQueue({ limit: limitOf(spec, now), waitingMax, waitingPerTenantMax, now, random });
    });
  }
}

function limitOf({ limit }: QueueSpec, now: () => number): ConcurrencyLimit {
  return typeof limit === "number"
    ? { limit, sample: () => undefined }
    : new GradientLimit({ ...limit, now });
}

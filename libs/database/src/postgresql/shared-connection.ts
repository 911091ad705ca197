import type { PoolClient } from "pg";
import { LostConnection } from "../connection-gate.ts";

/** A connection checked out of the pool. */
export interface TakenConnection {
  readonly client: PoolClient;
  /** Returns it to the pool; with an error, the pool drops it. */
  release(broken?: Error): void;
}

export interface SharedConnectionOptions {
  /** Rejects with `LostConnection`. Waits in the pool's queue, which is first in, first out. */
  readonly take: () => Promise<TakenConnection>;
  /** Whether anyone waits in the pool's queue, such as a transaction, which needs the connection exclusively. */
  readonly isWaitedFor: () => boolean;
  /** Bound on concurrent statements; more are refused. */
  readonly usersMax: number;
}

interface Lease {
  readonly taken: Promise<TakenConnection>;
  isTaken: boolean;
  users: number;
  broken: Error | undefined;
}

/**
 * One connection for many concurrent statements, pipelined so that the server never waits for this thread between two. Once a transaction
 * waits for the connection, further statements queue behind it.
 */
export class SharedConnection {
  readonly #options: SharedConnectionOptions;
  #lease: Lease | null = null;

  constructor(options: SharedConnectionOptions) {
    this.#options = options;
  }

  async run<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const lease = this.#join();
    lease.users += 1;
    try {
      const { client } = await lease.taken;
      return await work(client);
    } catch (thrown) {
      if (thrown instanceof LostConnection) lease.broken ??= thrown;
      throw thrown;
    } finally {
      lease.users -= 1;
      if (lease.users === 0) await this.#end(lease);
    }
  }

  #join(): Lease {
    const { isWaitedFor, usersMax } = this.#options;
    if (this.#lease === null || (this.#lease.isTaken && isWaitedFor())) this.#lease = this.#open();
    if (this.#lease.users >= usersMax) throw new LostConnection(new Error("too many calls wait"));
    return this.#lease;
  }

  #open(): Lease {
    const taken = this.#options.take();
    const lease: Lease = { taken, isTaken: false, users: 0, broken: undefined };
    taken.then(
      () => (lease.isTaken = true),
      // each statement reports the failure itself
      () => undefined,
    );
    return lease;
  }

  async #end(lease: Lease): Promise<void> {
    if (this.#lease === lease) this.#lease = null;
    const taken = await lease.taken.catch(() => null);
    taken?.release(lease.broken);
  }
}

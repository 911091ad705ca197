import type { Turn } from "@libs/http1";
import type { UpstreamTarget } from "../../model/upstream/upstream.ts";
import type { Call } from "./call.ts";
import { connect } from "./connect.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";

export interface PoolLimits {
  /** Bound on sockets to one target, including idle ones. */
  readonly connectionsMax: number;
  /** Bound on idle sockets to one target. */
  readonly idleMax: number;
  /** How long an idle socket is kept; less where the target announces so. */
  readonly idleMs: number;
}

/** The sockets to one target. The most recently used one is reused first, so that surplus sockets expire. */
export class Pool implements ConnectionOwner {
  readonly turn: Turn;
  readonly #target: UpstreamTarget;
  readonly #limits: PoolLimits;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #isClosing = false;
  /** Emptied and dropped: a new pool replaces it. */
  isRetired = false;
  /** In use, and therefore visited by its client's every sweep. */
  isWatched = false;

  constructor(target: UpstreamTarget, limits: PoolLimits, turn: Turn) {
    this.turn = turn;
    this.#target = target;
    this.#limits = limits;
  }

  get size(): number {
    return this.#all.size;
  }

  run(call: Call): void {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isIdle) return connection.run(call);
    }
    this.runFresh(call);
  }

  /** Sends on a new connection. */
  runFresh(call: Call): void {
    if (this.#isClosing) return call.fail("connect", "the client is closed");
    if (this.#all.size >= this.#limits.connectionsMax)
      return call.fail("pool-full", "all connections are busy");
    const connection = new Connection(this, call, this.#limits.idleMs);
    this.#all.add(connection);
    connect(this.#target, connection);
  }

  freed(connection: Connection): void {
    if (this.#isClosing || this.#idle.length >= this.#limits.idleMax) return connection.destroy();
    this.#idle.push(connection);
  }

  closed(connection: Connection): void {
    this.#all.delete(connection);
    const place = this.#idle.indexOf(connection);
    if (place >= 0) this.#idle.splice(place, 1);
  }

  /** Whether a connection carries an exchange or is being established. */
  get isInUse(): boolean {
    return this.#all.size > this.#idle.length;
  }

  sweep(now: number): void {
    for (const connection of this.#all) connection.sweep(now);
  }

  /** Closes idle sockets at once, and busy ones when they finish. */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}

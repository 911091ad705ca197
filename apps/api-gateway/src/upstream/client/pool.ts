import type { Turn } from "@libs/http1";
import type { UpstreamTarget } from "../../model/upstream.ts";
import type { Call } from "./call.ts";
import { connect } from "./connect.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";

export interface PoolLimits {
  /** Sockets to one target, idle ones included. */
  readonly connectionsMax: number;
  /** Idle sockets that are kept to one target. */
  readonly idleMax: number;
  /** How long an idle socket is kept; less where the target says so. */
  readonly idleMs: number;
}

/** The sockets to one target. The one used last is used next, so that those that are too many run out of time. */
export class Pool implements ConnectionOwner {
  readonly turn: Turn;
  readonly #target: UpstreamTarget;
  readonly #limits: PoolLimits;
  readonly #all = new Set<Connection>();
  readonly #idle: Connection[] = [];
  #isClosing = false;
  /** Emptied and forgotten: a new pool takes its place. */
  isRetired = false;
  /** Its client looks after it at each sweep, since it is in use. */
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

  /** On a connection that nobody used before. */
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

  /** Whether a connection carries an exchange, or is being made. */
  get isInUse(): boolean {
    return this.#all.size > this.#idle.length;
  }

  sweep(now: number): void {
    for (const connection of this.#all) connection.sweep(now);
  }

  /** Idle sockets now, busy ones as they end. */
  close(): void {
    this.#isClosing = true;
    for (const connection of this.#idle.splice(0)) connection.destroy();
  }
}

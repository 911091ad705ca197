import { Turn } from "@libs/http1";
import type {
  UpstreamCall,
  UpstreamClient,
  UpstreamResponse,
  UpstreamTarget,
} from "../../model/upstream/upstream.ts";
import { type Call, CallFor, type CallOwner } from "./call.ts";
import { Pool, type PoolLimits } from "./pool.ts";

/** The resolution of timeouts, and of noticing clients that left. */
const sweepEveryMs = 20;

/** The resolution of closing idle connections. */
const idleSweepEveryMs = 250;

/** Services bound what is in flight to a target; a lower bound here would refuse requests that they admit, and their health checks. */
const defaults: PoolLimits = { connectionsMax: Number.POSITIVE_INFINITY, idleMax: 512, idleMs: 30_000 };

/**
 * An HTTP/1.1 client (RFC 9112) for a gateway: fields are sent unchanged and in order, it is known exactly how much of a request was
 * sent, and ambiguous answers are refused. One pool of sockets per target, over TCP, TLS or unix sockets.
 */
export function createHttp1Client(limits: Partial<PoolLimits> = {}): UpstreamClient {
  const pools = new Http1Pools({ ...defaults, ...limits });
  return {
    send: (target, request, timeouts, abortable) =>
      pools.send({ target, request, timeouts, abortable, ...asItCame }),
    sendFor: (call) => pools.send(call),
    close: () => pools.close(),
  };
}

const asItCame = {
  answered: (response: UpstreamResponse): UpstreamResponse => response,
  failed(thrown: unknown): never {
    throw thrown;
  },
};

class Http1Pools implements CallOwner {
  readonly turn = new Turn();
  readonly #limits: PoolLimits;
  /** By identity first, which is cheapest; a reload creates new objects for the same targets. */
  readonly #byTarget = new WeakMap<UpstreamTarget, Pool>();
  readonly #byKey = new Map<string, Pool>();
  /** Pools with unfinished calls. */
  #inUse: Pool[] = [];
  #idleSweepAt = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  send<T>(asked: UpstreamCall<T>): Promise<T> {
    this.#timer ??= this.#startSweeping();
    const call = new CallFor(asked, this, performance.now());
    this.#poolOf(call.target).run(call);
    return call.ended;
  }

  resend(call: Call): void {
    this.#poolOf(call.target).runFresh(call);
  }

  close(): Promise<void> {
    for (const pool of this.#byKey.values()) pool.close();
    return Promise.resolve();
  }

  /** The pool that a call is sent through. */
  #poolOf(target: UpstreamTarget): Pool {
    const known = this.#byTarget.get(target);
    const pool = known !== undefined && !known.isRetired ? known : this.#find(target);
    if (!pool.isWatched) {
      pool.isWatched = true;
      this.#inUse.push(pool);
    }
    return pool;
  }

  #find(target: UpstreamTarget): Pool {
    const key = keyOf(target);
    const pool = this.#byKey.get(key) ?? new Pool(target, this.#limits, this.turn);
    this.#byKey.set(key, pool);
    this.#byTarget.set(target, pool);
    return pool;
  }

  #startSweeping(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => this.#sweep(performance.now()), sweepEveryMs);
    timer.unref();
    return timer;
  }

  /** Sweeps pools in use every time, and all others occasionally: of a thousand targets most are idle. */
  #sweep(now: number): void {
    for (const pool of this.#inUse) {
      pool.sweep(now);
      pool.isWatched = pool.isInUse;
    }
    this.#inUse = this.#inUse.filter((pool) => pool.isWatched);
    if (now < this.#idleSweepAt) return;
    this.#idleSweepAt = now + idleSweepEveryMs;
    this.#sweepIdle(now);
  }

  /** Runs while sockets are open; the pools of removed targets are dropped with their last socket. */
  #sweepIdle(now: number): void {
    for (const [key, pool] of this.#byKey) {
      if (!pool.isWatched) pool.sweep(now);
      if (pool.size > 0) continue;
      pool.isRetired = true;
      this.#byKey.delete(key);
    }
    if (this.#byKey.size > 0 || this.#timer === null) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }
}

/** Everything that distinguishes two targets on the wire. */
function keyOf({ protocol, host, port, unixPath, serverName, tls }: UpstreamTarget): string {
  return JSON.stringify([protocol, host, port, unixPath, serverName, tls]);
}

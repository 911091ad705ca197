import { Turn } from "@libs/http1";
import type {
  Abortable,
  CallEnding,
  UpstreamClient,
  UpstreamRequest,
  UpstreamResponse,
  UpstreamTarget,
  UpstreamTimeouts,
} from "../../model/upstream.ts";
import { type Call, CallFor } from "./call.ts";
import { Pool, type PoolLimits } from "./pool.ts";

/** How late a timeout, or the notice that a client left, may be. */
const sweepEveryMs = 20;

/** How late an idle connection may be closed. */
const idleSweepEveryMs = 250;

const defaults: PoolLimits = { connectionsMax: 4096, idleMax: 512, idleMs: 30_000 };

/**
 * HTTP/1.1 towards targets (RFC 9112), written for a gateway: fields go out as they came, in order; what was sent is known
 * exactly; an answer that could be read in two ways is refused. One pool of sockets a target, over TCP, TLS or unix sockets.
 */
export function createHttp1Client(limits: Partial<PoolLimits> = {}): UpstreamClient {
  const pools = new Http1Pools({ ...defaults, ...limits });
  return {
    send: (target, request, timeouts, abortable) =>
      pools.send(target, request, timeouts, abortable, asItCame),
    sendFor: (target, request, timeouts, abortable, ending) =>
      pools.send(target, request, timeouts, abortable, ending),
    close: () => pools.close(),
  };
}

const asItCame: CallEnding<UpstreamResponse> = {
  answered: (response) => response,
  failed(thrown) {
    throw thrown;
  },
};

class Http1Pools {
  readonly #limits: PoolLimits;
  readonly #turn = new Turn();
  /** By object first, which costs least; a reload makes new objects of the same targets. */
  readonly #byTarget = new WeakMap<UpstreamTarget, Pool>();
  readonly #byKey = new Map<string, Pool>();
  readonly #resend = (call: Call): void => this.#poolOf(call.target).runFresh(call);
  /** Those that calls were sent to since they were last looked after, and that have not ended. */
  #inUse: Pool[] = [];
  #idleSweepAt = 0;
  #timer: ReturnType<typeof setInterval> | null = null;

  constructor(limits: PoolLimits) {
    this.#limits = limits;
  }

  send<T>(
    target: UpstreamTarget,
    request: UpstreamRequest,
    timeouts: UpstreamTimeouts,
    abortable: Abortable,
    ending: CallEnding<T>,
  ): Promise<T> {
    this.#timer ??= this.#startSweeping();
    const start = { target, request, timeouts, abortable, turn: this.#turn, resend: this.#resend, ending };
    const call = new CallFor<T>(start, performance.now());
    this.#poolOf(target).run(call);
    return call.ended;
  }

  close(): Promise<void> {
    for (const pool of this.#byKey.values()) pool.close();
    return Promise.resolve();
  }

  /** For a call to be sent to. */
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
    const pool = this.#byKey.get(key) ?? new Pool(target, this.#limits, this.#turn);
    this.#byKey.set(key, pool);
    this.#byTarget.set(target, pool);
    return pool;
  }

  #startSweeping(): ReturnType<typeof setInterval> {
    const timer = setInterval(() => this.#sweep(performance.now()), sweepEveryMs);
    timer.unref();
    return timer;
  }

  /** Looks after the pools in use each time, and after all of them now and then: of a thousand targets most are idle. */
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

  /** Ends with the last socket; targets that left are forgotten with theirs. */
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

/** All that makes two targets different on the wire. */
function keyOf({ protocol, host, port, unixPath, serverName, tls }: UpstreamTarget): string {
  return JSON.stringify([protocol, host, port, unixPath, serverName, tls]);
}

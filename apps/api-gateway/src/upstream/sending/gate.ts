import { CartwayError } from "@libs/errors";
import { type BreakerTicket, type CircuitBreaker, refused } from "@libs/resilience";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { OutlierDetector } from "../resilience/outlier-detector.ts";
import type { Outcome } from "../resilience/outcome.ts";
import type { Target } from "../targets/target.ts";
import type { TargetPool } from "../targets/target-pool.ts";

export interface GateParts {
  readonly service: string;
  /** Shared with other gates of the service: requests continue across a reload. */
  readonly load: { inFlight: number };
  readonly pool: TargetPool;
  /** The breaker of the service as a whole. */
  readonly breaker: CircuitBreaker | null;
  readonly outliers: OutlierDetector | null;
  /** Bounds on requests in flight, to the service and to each target. */
  readonly inFlightMax: number;
  readonly targetInFlightMax: number;
}

const none: readonly Target[] = [];
/** How many candidates are rejected one by one before all targets are filtered. */
const passedOverMax = 3;

/**
 * Admits requests to targets: through the service's breaker and bounds, to a target whose breaker admits it and that has capacity. Counts
 * requests in flight.
 */
export class Gate {
  readonly #parts: GateParts;
  readonly #load: { inFlight: number };

  constructor(parts: GateParts) {
    this.#parts = parts;
    this.#load = parts.load;
  }

  /** Requests in flight to all targets, including removed ones. */
  get inFlight(): number {
    return this.#load.inFlight;
  }

  /** @param tried targets that the request has failed on: used again only where no other is left. @throws CartwayError */
  admit(exchange: Exchange | null, tried: readonly Target[]): Admission {
    const { breaker, service, inFlightMax } = this.#parts;
    if (this.#load.inFlight >= inFlightMax)
      throw bulkheadFull(`${inFlightMax} requests are in flight to ${service}`);
    const serviceTicket = breaker === null ? unused : breaker.enter();
    if (serviceTicket === refused) throw breakerOpen(service, breaker?.retryAfterMs() ?? 0);
    const admission =
      this.#find(exchange, tried, serviceTicket) ??
      (tried.length > 0 ? this.#find(exchange, none, serviceTicket) : null);
    if (admission !== null) return admission;
    breaker?.leave(serviceTicket, "ignored");
    throw this.#refusal();
  }

  /** Admits to a target other than those tried, or returns `null`. */
  admitElsewhere(exchange: Exchange | null, tried: readonly Target[]): Admission | null {
    if (this.#load.inFlight >= this.#parts.inFlightMax) return null;
    const serviceTicket = this.#parts.breaker?.enter() ?? unused;
    if (serviceTicket === refused) return null;
    const admission = this.#find(exchange, tried, serviceTicket);
    if (admission === null) this.#parts.breaker?.leave(serviceTicket, "ignored");
    return admission;
  }

  settle(admission: Admission, outcome: Outcome): void {
    const { target } = admission;
    target.inFlight -= 1;
    this.#load.inFlight -= 1;
    leave(target.breaker, admission.takeTargetTicket(), outcome);
    leave(this.#parts.breaker, admission.takeServiceTicket(), outcome);
    this.#parts.outliers?.note(target, outcome);
  }

  /** Settles a half-open breaker's probe with the head of an answer, instead of at the end of a stream. */
  settleProbes(admission: Admission, outcome: Outcome): void {
    const { breaker } = this.#parts;
    const { target } = admission;
    if (target.breaker?.state.kind === "half-open")
      leave(target.breaker, admission.takeTargetTicket(), outcome);
    if (breaker?.state.kind === "half-open") leave(breaker, admission.takeServiceTicket(), outcome);
  }

  #find(exchange: Exchange | null, tried: readonly Target[], serviceTicket: BreakerTicket): Admission | null {
    const { pool } = this.#parts;
    let excluded = tried;
    for (let passedOver = 0; passedOver <= passedOverMax; passedOver += 1) {
      const target = pool.pick(exchange, excluded);
      if (target === null) return null;
      const ticket = this.#enter(target);
      if (ticket !== refused) return this.#open(target, ticket, serviceTicket);
      excluded = [...excluded, target];
    }
    for (const target of pool.targets) {
      if (!pool.isInUse(target) || excluded.includes(target)) continue;
      const ticket = this.#enter(target);
      if (ticket !== refused) return this.#open(target, ticket, serviceTicket);
    }
    return null;
  }

  #enter(target: Target): BreakerTicket {
    if (target.inFlight >= this.#parts.targetInFlightMax) return refused;
    return target.breaker === null ? unused : target.breaker.enter();
  }

  #open(target: Target, targetTicket: BreakerTicket, serviceTicket: BreakerTicket): Admission {
    target.inFlight += 1;
    this.#load.inFlight += 1;
    return new Admission(this, target, targetTicket, serviceTicket);
  }

  #refusal(): CartwayError {
    const { pool, service, targetInFlightMax } = this.#parts;
    const inUse = pool.targets.filter((target) => pool.isInUse(target));
    if (inUse.length === 0) {
      const waits = pool.targets.map((target) => target.breaker?.retryAfterMs() ?? 0).filter((ms) => ms > 0);
      if (waits.length > 0) return breakerOpen(service, Math.min(...waits));
      return new CartwayError("no_target", {
        internal: `no target of ${service} is usable`,
        retryAfterSeconds: 1,
      });
    }
    const full = inUse.every((target) => target.inFlight >= targetInFlightMax);
    if (full) return bulkheadFull(`every target of ${service} has ${targetInFlightMax} requests in flight`);
    return breakerOpen(service, Math.min(...inUse.map((target) => target.breaker?.retryAfterMs() ?? 0)));
  }
}

/** Marks a breaker that does not exist, or has been informed already. */
const unused: BreakerTicket = -2;

/** Permission to send a request to a target. MUST be settled; only the first time counts. */
export class Admission {
  readonly target: Target;
  readonly #gate: Gate;
  #targetTicket: BreakerTicket;
  #serviceTicket: BreakerTicket;
  #isSettled = false;

  constructor(gate: Gate, target: Target, targetTicket: BreakerTicket, serviceTicket: BreakerTicket) {
    this.target = target;
    this.#gate = gate;
    this.#targetTicket = targetTicket;
    this.#serviceTicket = serviceTicket;
  }

  settle(outcome: Outcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#gate.settle(this, outcome);
  }

  /** Informs half-open breakers while the rest of the answer is still to come. */
  settleProbes(outcome: Outcome): void {
    this.#gate.settleProbes(this, outcome);
  }

  takeTargetTicket(): BreakerTicket {
    const ticket = this.#targetTicket;
    this.#targetTicket = unused;
    return ticket;
  }

  takeServiceTicket(): BreakerTicket {
    const ticket = this.#serviceTicket;
    this.#serviceTicket = unused;
    return ticket;
  }
}

function leave(breaker: CircuitBreaker | null, ticket: BreakerTicket, outcome: Outcome): void {
  if (ticket === unused) return;
  breaker?.leave(ticket, outcome === "success" || outcome === "ignored" ? outcome : "failure");
}

function bulkheadFull(internal: string): CartwayError {
  return new CartwayError("bulkhead_full", { internal, retryAfterSeconds: 1 });
}

function breakerOpen(service: string, retryAfterMs: number): CartwayError {
  const internal = `a breaker of ${service} is open`;
  return new CartwayError("breaker_open", {
    internal,
    retryAfterSeconds: Math.max(1, Math.ceil(retryAfterMs / 1000)),
  });
}

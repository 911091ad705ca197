import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import type { ConfigIssue } from "../../model/config/config-issue.ts";
import type { Exchange } from "../../model/exchange/exchange.ts";
import type { PolicyVerdict } from "../../model/exchange/decision.ts";
import { prepareSmallBody } from "../../model/http/small-body.ts";
import type { MaybePromise } from "../../model/maybe-promise.ts";
import type { Policy, PolicyDefinition } from "../../model/exchange/policy.ts";
import { compileCallerKey } from "../caller-key.ts";
import type { FairQueue, QueueSlot } from "./fair-queue.ts";
import { createQueueMetrics, type QueueMetrics } from "./queue-metrics.ts";
import type { QueuePool } from "./queue-pool.ts";
import { type QueueConfig, queueSchema } from "./schema.ts";

export interface QueueDeps {
  readonly queues: QueuePool;
  readonly metrics: Metrics;
}

/** Statuses by which a service, or the gateway for it, reports overload. */
const overloadStatuses: ReadonlySet<number> = new Set([429, 503, 504]);

/** Bounds the requests in flight; others wait in fair turns for a bounded time, or are refused with Retry-After. */
export const queuePolicy: PolicyDefinition<typeof queueSchema, QueueDeps> = {
  type: "queue",
  phase: "queue",
  schema: queueSchema,
  check,
  once: ({ name = "" }) => name,
  shared: ({ name, ...config }) => (name === undefined ? null : { name, settings: settingsOf(config) }),
  create(config, deps) {
    const compiled = compileQueue(config);
    return (route) => new QueuePolicy(compiled, deps, route.id);
  },
};

/** What the policies of all routes with an equal config have in common. */
type CompiledQueue = ReturnType<typeof compileQueue>;

function compileQueue(config: QueueConfig) {
  const tenantOf = compileCallerKey(config.by);
  const priorities: ReadonlyMap<string, number> = new Map(Object.entries(config.priorities));
  return { config, tenantOf, priorities };
}

class QueuePolicy implements Policy {
  readonly #compiled: CompiledQueue;
  readonly #id: string;
  readonly #queue: FairQueue;
  readonly #counted: QueueMetrics;
  readonly #disposals: readonly (() => void)[];
  /** `performance.now()` of each admission, which an adaptive limit learns from; `null` for a fixed limit. */
  readonly #admittedAt: WeakMap<Exchange, number> | null;

  constructor(compiled: CompiledQueue, { queues, metrics }: QueueDeps, routeId: string) {
    const { config } = compiled;
    this.#compiled = compiled;
    this.#id = config.name ?? `route ${routeId}`;
    const { value: queue, release } = queues.acquire({ id: this.#id, ...settingsOf(config) });
    const { counted, dispose } = createQueueMetrics(metrics, queue, { queue: this.#id, route: routeId });
    this.#queue = queue;
    this.#counted = counted;
    this.#disposals = [dispose, release];
    this.#admittedAt = config.adaptive === undefined ? null : new WeakMap();
  }

  request(exchange: Exchange): MaybePromise<undefined> {
    const coming = prepareSmallBody(exchange);
    return coming instanceof Promise ? coming.then(() => this.#enter(exchange)) : this.#enter(exchange);
  }

  #enter(exchange: Exchange): MaybePromise<undefined> {
    const tenant = this.#compiled.tenantOf(exchange);
    const leftMs = exchange.deadline - performance.now();
    try {
      const slot = this.#queue.enter({
        tenant,
        priority: this.#priorityOf(exchange),
        waitMaxMs: Math.max(1, Math.min(this.#compiled.config.waitMaxMs, leftMs)),
        signal: () => exchange.signal,
      });
      if (!(slot instanceof Promise)) return this.#admit(exchange, slot);
      return slot.then(
        (late) => this.#admit(exchange, late),
        (thrown: unknown) => this.#refuse(exchange, tenant, thrown),
      );
    } catch (thrown) {
      return this.#refuse(exchange, tenant, thrown);
    }
  }

  response(exchange: Exchange): void {
    const at = this.#admittedAt?.get(exchange);
    if (at === undefined || exchange.response === null) return;
    const { status } = exchange.response;
    const isOverload = overloadStatuses.has(status);
    // a fast failure says nothing about how long answers take
    if (isOverload || status < 500) this.#queue.sample(performance.now() - at, isOverload);
  }

  explain(exchange: Exchange): PolicyVerdict {
    const tenant = this.#compiled.tenantOf(exchange);
    const priority = this.#priorityOf(exchange);
    const inputs = { ...this.#inputs(tenant), priority };
    const entry = this.#queue.check({ tenant, priority });
    if (entry === "pass" || entry === "wait") return { verdict: "pass", inputs };
    const [code, status] = entry === "share" ? ["rate_limited", 429] : ["queue_full", 503];
    return { verdict: "refuse", inputs, counterfactual: counterfactuals[code] ?? "", status };
  }

  dispose(): void {
    for (const dispose of this.#disposals) dispose();
  }

  #priorityOf({ principal }: Exchange): number {
    const { config, priorities } = this.#compiled;
    return priorities.get(principal?.plan ?? "") ?? config.priority;
  }

  #admit(exchange: Exchange, slot: QueueSlot): undefined {
    exchange.queuedMs += slot.waitedMs;
    exchange.onEnd(slot.release);
    this.#admittedAt?.set(exchange, performance.now());
    if (slot.waitedMs > 0) this.#counted.waited(slot.waitedMs / 1000);
    else this.#counted.passed();
    return undefined;
  }

  #refuse(exchange: Exchange, tenant: string, thrown: unknown): never {
    if (thrown instanceof CartwayError) {
      this.#counted.refused(thrown.code);
      exchange.refusal = {
        verdict: "refuse",
        inputs: this.#inputs(tenant),
        counterfactual: counterfactuals[thrown.code] ?? "fewer concurrent requests",
        status: thrown.status,
      };
    }
    throw thrown;
  }

  #inputs(tenant: string) {
    const { inFlight, limit, waiting } = this.#queue;
    return { queue: this.#id, inFlight, limit, waiting, tenant };
  }
}

/** Fields in a fixed order, because queues are compared by this object's JSON. */
function settingsOf({ concurrency = 1, adaptive, waitingMax, waitingPerTenantMax }: QueueConfig) {
  if (adaptive === undefined) return { limit: concurrency, waitingMax, waitingPerTenantMax };
  const { initial, min, max, windowMs, tolerance, probeMs } = adaptive;
  const limit = { initial, min, max, windowMs, tolerance, probeMs };
  return { limit, waitingMax, waitingPerTenantMax };
}

const counterfactuals: Readonly<Record<string, string>> = {
  queue_full: "a free place in the queue, or a higher priority",
  rate_limited: "fewer waiting requests of this tenant",
  queue_timeout: "a turn within waitMaxMs",
  request_timeout: "a client that stays connected",
};

function check({ concurrency, adaptive }: QueueConfig): readonly ConfigIssue[] {
  if ((concurrency === undefined) === (adaptive === undefined))
    return [{ path: "", message: "requires either concurrency or adaptive", expected: "one of both" }];
  if (adaptive === undefined) return [];
  const { min, max, initial } = adaptive;
  if (min <= initial && initial <= max) return [];
  return [{ path: "/adaptive/initial", message: `${initial} is not within min ${min} and max ${max}` }];
}

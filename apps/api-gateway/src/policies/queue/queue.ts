import { CartwayError } from "@libs/errors";
import type { Metrics } from "@libs/monitoring";
import type { ConfigIssue } from "../../model/config-issue.ts";
import type { Exchange } from "../../model/exchange.ts";
import type { PolicyDefinition } from "../../model/policy.ts";
import { compileCallerKey } from "../caller-key.ts";
import type { FairQueue, QueueSlot } from "./fair-queue.ts";
import { createQueueMetrics } from "./queue-metrics.ts";
import type { QueuePool } from "./queue-pool.ts";
import { type QueueConfig, queueSchema } from "./schema.ts";

export interface QueueDeps {
  readonly queues: QueuePool;
  readonly metrics: Metrics;
}

/** Statuses by which a service, or the gateway in its place, says that it has too much to do. */
const overloadStatuses: ReadonlySet<number> = new Set([429, 503, 504]);

/** At most so many requests in flight; the others wait in fair turns, for a bounded time, or are told when to come again. */
export const queuePolicy: PolicyDefinition<typeof queueSchema, QueueDeps> = {
  type: "queue",
  phase: "queue",
  schema: queueSchema,
  check,
  once: ({ name = "" }) => name,
  shared: ({ name, ...config }) => (name === undefined ? null : { name, settings: settingsOf(config) }),
  create(config, deps, route) {
    const { name, adaptive } = config;
    const id = name ?? `route ${route.id}`;
    const spec = { id, ...settingsOf(config) };
    const { value: queue, release } = deps.queues.acquire(spec);
    const { counted, dispose } = createQueueMetrics(deps.metrics, queue, { queue: id, route: route.id });
    const readTenant = compileCallerKey(config.by);
    const priorities = new Map(Object.entries(config.priorities));
    const admittedAt = adaptive === undefined ? null : new WeakMap<Exchange, number>();

    const priorityOf = ({ principal }: Exchange): number =>
      priorities.get(principal?.plan ?? "") ?? config.priority;

    function admit(exchange: Exchange, slot: QueueSlot): undefined {
      exchange.queuedMs += slot.waitedMs;
      exchange.onEnd(slot.release);
      admittedAt?.set(exchange, performance.now());
      if (slot.waitedMs > 0) counted.waited(slot.waitedMs / 1000);
      else counted.passed();
      return undefined;
    }

    function refused(exchange: Exchange, tenant: string, thrown: unknown): never {
      if (thrown instanceof CartwayError) {
        counted.refused(thrown.code);
        exchange.refusal = {
          verdict: "refuse",
          inputs: { ...looksOf(queue, id), tenant },
          counterfactual: counterfactuals[thrown.code] ?? "fewer requests at once",
          status: thrown.status,
        };
      }
      throw thrown;
    }

    return {
      request(exchange) {
        const tenant = readTenant(exchange);
        const leftMs = exchange.deadline - performance.now();
        try {
          const slot = queue.enter({
            tenant,
            priority: priorityOf(exchange),
            waitMaxMs: Math.max(1, Math.min(config.waitMaxMs, leftMs)),
            signal: () => exchange.signal,
          });
          if (!(slot instanceof Promise)) return admit(exchange, slot);
          return slot.then(
            (late) => admit(exchange, late),
            (thrown: unknown) => refused(exchange, tenant, thrown),
          );
        } catch (thrown) {
          return refused(exchange, tenant, thrown);
        }
      },
      response(exchange) {
        const at = admittedAt?.get(exchange);
        if (at === undefined || exchange.response === null) return;
        const { status } = exchange.response;
        const isOverload = overloadStatuses.has(status);
        // A fast failure says nothing about how long answers take.
        if (isOverload || status < 500) queue.sample(performance.now() - at, isOverload);
      },
      explain(exchange) {
        const tenant = readTenant(exchange);
        const priority = priorityOf(exchange);
        const inputs = { ...looksOf(queue, id), tenant, priority };
        const look = queue.look({ tenant, priority });
        if (look === "pass" || look === "wait") return { verdict: "pass", inputs };
        const [code, status] = look === "share" ? ["rate_limited", 429] : ["queue_full", 503];
        const counterfactual = counterfactuals[code] ?? "";
        return { verdict: "refuse", inputs, counterfactual, status };
      },
      dispose() {
        dispose();
        release();
      },
    };
  },
};

/** Always in one order, whatever that of the config: it is what queues are told apart by. */
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

function looksOf(queue: FairQueue, id: string) {
  return { queue: id, inFlight: queue.inFlight, limit: queue.limit, waiting: queue.waiting };
}

function check({ concurrency, adaptive }: QueueConfig): readonly ConfigIssue[] {
  if ((concurrency === undefined) === (adaptive === undefined))
    return [{ path: "", message: "requires either concurrency or adaptive", expected: "one of both" }];
  if (adaptive === undefined) return [];
  const { min, max, initial } = adaptive;
  if (min <= initial && initial <= max) return [];
  return [{ path: "/adaptive/initial", message: `${initial} is not within min ${min} and max ${max}` }];
}

import type { Store } from "@libs/elysia-server";
import type { Snapshot } from "../pipeline/snapshot.ts";

export interface PartHealth {
  readonly status: "up" | "down";
  readonly latencyMs: number;
}

export interface HealthReport {
  /** `unhealthy` where nothing that the gateway needs answers, `degraded` where a part does not. */
  readonly status: "healthy" | "degraded" | "unhealthy";
  readonly services: Readonly<Record<string, PartHealth>>;
  readonly stores: Readonly<Record<string, PartHealth>>;
}

export interface HealthSources {
  readonly current: () => Snapshot;
  readonly stores: Readonly<Record<string, Store>>;
}

/**
 * Checks every service and store concurrently; whatever does not answer within the deadline is down. Never takes longer than the
 * deadline, never rejects, and names parts only by their config ids.
 */
export async function reportHealth({ current, stores }: HealthSources): Promise<HealthReport> {
  const { services, config } = current();
  const deadlineMs = config.server.healthDeadlineMs;
  const signal = AbortSignal.timeout(deadlineMs);
  const [serviceParts, storeParts] = await Promise.all([
    askAll(
      services.all().map(({ id }) => [id, () => askService(current(), id, signal)]),
      deadlineMs,
    ),
    askAll(
      Object.entries(stores).map(([id, store]) => [id, () => askStore(store)]),
      deadlineMs,
    ),
  ]);
  const parts = [...Object.values(serviceParts), ...Object.values(storeParts)];
  const up = parts.filter((part) => part.status === "up").length;
  const status = up === parts.length ? "healthy" : up === 0 ? "unhealthy" : "degraded";
  return { status, services: serviceParts, stores: storeParts };
}

type Asked = readonly [id: string, ask: () => Promise<boolean>];

async function askAll(asked: readonly Asked[], deadlineMs: number): Promise<Record<string, PartHealth>> {
  const answers = await Promise.all(
    asked.map(async ([id, ask]) => [id, await timed(ask, deadlineMs)] as const),
  );
  return Object.fromEntries(answers);
}

async function timed(ask: () => Promise<boolean>, deadlineMs: number): Promise<PartHealth> {
  const startedAt = performance.now();
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), deadlineMs);
  // a part that does not answer is down for any reason; its own log has the details
  const isUp = await Promise.race([ask().catch(() => false), late]);
  clearTimeout(timer);
  return { status: isUp ? "up" : "down", latencyMs: Math.round((performance.now() - startedAt) * 100) / 100 };
}

/** Without a configured health path the usual one is requested; an answer that it does not exist also proves that the service is up. */
async function askService({ services, config }: Snapshot, id: string, signal: AbortSignal): Promise<boolean> {
  const path = config.services[id]?.health?.path;
  const asked = path ?? "/healthz";
  const call = {
    method: "GET",
    path: asked,
    headers: {},
    body: null,
    isHealthQuestion: true,
    signal,
  } as const;
  const { status } = await services.call(id, call);
  return path === undefined ? status < 500 : status >= 200 && status < 300;
}

async function askStore(store: Store): Promise<boolean> {
  const health = await store.health();
  return health.status === "up";
}

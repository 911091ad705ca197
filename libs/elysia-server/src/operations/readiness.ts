import type { Logger } from "@libs/monitoring";

/** The part of a @libs/database client that readiness needs. */
export interface Store {
  health(): Promise<StoreHealth>;
}

export interface StoreHealth {
  readonly status: "up" | "down";
  readonly latencyMs: number;
  /** Only logged, never shown. */
  readonly error?: unknown;
}

export interface Readiness {
  /** Checks all stores, at most once a second, and no longer than the store timeout. */
  check(): Promise<ReadinessReport>;
  /** Reports not ready from now on. */
  beginDrain(): void;
  readonly draining: boolean;
}

interface ReadinessReport {
  readonly ready: boolean;
  readonly draining: boolean;
  readonly stores: Readonly<Record<string, { readonly status: "up" | "down"; readonly latencyMs: number }>>;
}

export interface ReadinessOptions {
  readonly stores: Readonly<Record<string, Store>>;
  readonly storeTimeoutMs: number;
  /** Stays ready once all stores have answered, even if they fail later. */
  readonly staysReady: boolean;
  readonly logger: Logger;
  readonly now: () => number;
}

/** How long a result is reused: frequent probes must not load the stores. */
const freshMs = 1000;

export function createReadiness(options: ReadinessOptions): Readiness {
  let draining = false;
  let hasBeenReady = false;
  let last: { readonly at: number; readonly stores: Promise<ReadinessReport["stores"]> } | null = null;

  function stores(): Promise<ReadinessReport["stores"]> {
    const now = options.now();
    if (last === null || now < last.at || now - last.at >= freshMs)
      last = { at: now, stores: askAll(options) };
    return last.stores;
  }

  return {
    async check() {
      if (draining) return { ready: false, draining, stores: {} };
      const answers = await stores();
      const up = Object.values(answers).every(({ status }) => status === "up");
      hasBeenReady ||= up;
      const ready = up || (options.staysReady && hasBeenReady);
      return { ready: ready && !draining, draining, stores: answers };
    },
    beginDrain: () => {
      draining = true;
    },
    get draining() {
      return draining;
    },
  };
}

async function askAll({
  stores,
  storeTimeoutMs,
  logger,
}: ReadinessOptions): Promise<ReadinessReport["stores"]> {
  const entries = await Promise.all(
    Object.entries(stores).map(async ([name, store]) => {
      const { status, latencyMs, error } = await ask(store, storeTimeoutMs);
      if (status === "down") logger.warn({ store: name, latencyMs, err: error }, "a store does not respond");
      return [name, { status, latencyMs }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** A store that does not answer in time counts as down. */
async function ask(store: Store, timeoutMs: number): Promise<StoreHealth> {
  const startedAt = performance.now();
  const down = (error: unknown): StoreHealth => ({
    status: "down",
    latencyMs: Math.round(performance.now() - startedAt),
    error,
  });
  let timer: Timer | undefined;
  const late = new Promise<StoreHealth>((resolve) => {
    timer = setTimeout(() => resolve(down(new Error(`no answer within ${timeoutMs} ms`))), timeoutMs);
  });
  try {
    return await Promise.race([store.health(), late]);
  } catch (error) {
    return down(error);
  } finally {
    clearTimeout(timer);
  }
}

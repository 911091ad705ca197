import { type RecurringWork, startBackground } from "@libs/elysia-server";
import { abandonIdleCarts } from "./carts/cart-store.ts";
import type { IngestionConfig, IngestionDeps } from "./create-ingestion.ts";
import type { IngestionParts } from "./ingestion-parts.ts";

/** @returns a function that stops the periodic work and waits for what is in progress */
export function startIngestionBackground(
  config: IngestionConfig,
  deps: IngestionDeps,
  parts: IngestionParts,
): () => Promise<void> {
  const ending = new AbortController();
  const end = startBackground(
    [...cartWork(config, deps, parts), ...logWork(deps, parts, ending.signal), ...recoveryWork(parts)],
    deps.logger,
  );
  return async () => {
    ending.abort();
    await end();
  };
}

function cartWork(
  { abandonedAfterMs }: IngestionConfig,
  { sql, now = Date.now }: IngestionDeps,
  { touches, carts }: IngestionParts,
): readonly RecurringWork[] {
  return [
    { name: "touch sessions", everyMs: 1000, work: () => touches.write() },
    { name: "repair carts", everyMs: 5000, work: () => carts.repair() },
    {
      name: "abandon idle carts",
      everyMs: Math.min(10_000, abandonedAfterMs / 4),
      work: () => abandonIdleCarts(sql, new Date(now() - abandonedAfterMs), new Date(now())),
    },
  ];
}

function logWork(
  { clickhouse }: IngestionDeps,
  { filter }: IngestionParts,
  signal: AbortSignal,
): readonly RecurringWork[] {
  if (filter === null) return [];
  return [{ name: "read the log's sessions", everyMs: 5000, work: () => filter.fill(clickhouse, signal) }];
}

function recoveryWork({ recovery }: IngestionParts): readonly RecurringWork[] {
  return recovery === null ? [] : [{ name: "recover carts", everyMs: 500, work: () => recovery.run() }];
}

import { migratePostgreSQL, type PostgreSQLClient } from "@libs/database";
import { type App, createElysiaServer, type DrainOptions } from "@libs/elysia-server";
import type { Logger, Metrics } from "@libs/monitoring";
import { createFleetRoutes } from "./http/fleet-routes.ts";
import { fleetMigrations } from "./migrations.ts";

export interface FleetConfig {
  readonly port: number | null;
  readonly hostname?: string;
  readonly version: string;
  readonly commit?: string | null;
  readonly builtAt?: string | null;
  readonly drain?: Partial<DrainOptions>;
  readonly codeLifeMs: number;
}

export interface FleetDeps {
  readonly sql: PostgreSQLClient;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly now?: () => number;
}

/** Devices in stores: provisioned by their customer, registered by their agent. */
export function createFleet(config: FleetConfig, { sql, logger, metrics, now = Date.now }: FleetDeps): App {
  const { codeLifeMs, commit = null, builtAt = null, ...server } = config;
  return createElysiaServer({
    ...server,
    commit,
    builtAt,
    name: "fleet",
    logger,
    metrics,
    behindGateway: true,
    stores: { postgresql: sql },
    routes: [createFleetRoutes({ sql, now, codeLifeMs })],
    onStart: async () => void (await migratePostgreSQL(sql, fleetMigrations)),
  });
}

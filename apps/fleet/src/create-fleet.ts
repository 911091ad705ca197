import { migratePostgreSQL, type PostgreSQLClient } from "@libs/database";
import { type App, createElysiaServer, type ServerConfig } from "@libs/elysia-server";
import type { Telemetry } from "@libs/monitoring";
import { createFleetRoutes } from "./http/fleet-routes.ts";
import { fleetMigrations } from "./migrations.ts";

export interface FleetConfig extends ServerConfig {
  readonly codeLifeMs: number;
}

export interface FleetDeps extends Telemetry {
  readonly sql: PostgreSQLClient;
  readonly now?: () => number;
}

/** Devices in stores: provisioned by their customer, registered by their agent. */
export function createFleet(config: FleetConfig, { sql, now = Date.now, ...telemetry }: FleetDeps): App {
  const { codeLifeMs, ...server } = config;
  return createElysiaServer({
    ...server,
    ...telemetry,
    name: "fleet",
    behindGateway: true,
    stores: { postgresql: sql },
    routes: [createFleetRoutes({ sql, now, codeLifeMs })],
    onStart: async () => void (await migratePostgreSQL(sql, fleetMigrations)),
  });
}

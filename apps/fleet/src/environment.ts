import { defineEnvironment, serverEnvironment } from "@libs/elysia-server";
import { fleetLimitsEnvironment } from "./limits-environment.ts";

/** Every environment variable that the fleet service reads. */
export const fleetEnvironment = defineEnvironment({
  ...serverEnvironment(3004),
  DATABASE_URL: {
    type: "url",
    secret: true,
    description: "PostgreSQL, where devices and commands are kept.",
  },
  CLICKHOUSE_URL: { type: "url", secret: true, description: "ClickHouse, where heartbeats are kept." },
  REDIS_URL: {
    type: "url",
    secret: true,
    optional: true,
    description:
      "Redis, for the command queue, limits shared by all instances, and live messages to sockets.",
  },
  ...fleetLimitsEnvironment,
});

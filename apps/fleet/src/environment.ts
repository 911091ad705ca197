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
      "Redis, which then carries the command queue, limits over all instances, and what is told to sockets at once.",
  },
  ...fleetLimitsEnvironment,
});

import { aiEngineEnvironment } from "@apps/ai-engine";
import { gatewayEnvironment } from "@apps/api-gateway";
import { fleetEnvironment } from "@apps/fleet";
import { ingestionEnvironment } from "@apps/ingestion";
import { predictionEnvironment } from "@apps/prediction";
import { defineEnvironment, EnvironmentError } from "@libs/elysia-server";

/** Variables that an app reads as a separate process but that have no meaning here: why, and what applies instead. */
export const refusedVariables = {
  WORKERS: "one process holds the embedded stores; for several of the gateway, start it by itself",
  PREDICTION_URL: "prediction runs in this process, on PREDICTION_PORT",
  AI_ENGINE_URL: "the ai-engine runs in this process, on AI_ENGINE_PORT",
  HUB_PUBLISH_URL: "the hub is in this process",
  HUB_PUBLISH_TOKEN: "the hub is in this process",
} as const;

const {
  WORKERS: _workers,
  PREDICTION_URL: _prediction,
  AI_ENGINE_URL: _aiEngine,
  HUB_PUBLISH_URL: _hub,
  HUB_PUBLISH_TOKEN: _hubToken,
  ...ofTheApps
} = {
  ...gatewayEnvironment,
  ...ingestionEnvironment,
  ...predictionEnvironment,
  ...aiEngineEnvironment,
  ...fleetEnvironment,
};

/** Every environment variable that the all-in-one process reads: those of all apps, some with other defaults. */
export const allInOneEnvironment = defineEnvironment({
  ...ofTheApps,
  DATA_DIRECTORY: {
    type: "text",
    default: "data",
    description: "Where the embedded stores keep everything.",
  },
  HOST: {
    type: "text",
    default: "127.0.0.1",
    description: "Address that the gateway listens on; services stay on 127.0.0.1.",
  },
  PORT: { type: "port", default: 3000, description: "Port of the gateway." },
  INGESTION_PORT: { type: "port", default: 3001, description: "Port of ingestion." },
  PREDICTION_PORT: { type: "port", default: 3002, description: "Port of prediction." },
  AI_ENGINE_PORT: { type: "port", default: 3003, description: "Port of the ai-engine." },
  FLEET_PORT: { type: "port", default: 3004, description: "Port of the fleet service." },
  GATEWAY_CONFIG: {
    type: "text",
    optional: true,
    description: "A gateway config in place of the platform's own.",
  },
  LOG_LEVEL: { ...gatewayEnvironment.LOG_LEVEL, default: "warn" },
  DATABASE_URL: {
    type: "url",
    secret: true,
    optional: true,
    description: "A PostgreSQL server in place of the embedded one.",
  },
  CLICKHOUSE_URL: {
    type: "url",
    secret: true,
    optional: true,
    description: "A ClickHouse server in place of the embedded one.",
  },
  REDIS_URL: {
    type: "url",
    secret: true,
    optional: true,
    description: "Redis for shared state, instead of this process's memory.",
  },
  CUSTOMER_JWT_SECRET: {
    ...gatewayEnvironment.CUSTOMER_JWT_SECRET,
    description:
      "By which tokens of the fleet's customers are known; made and kept under DATA_DIRECTORY where absent.",
  },
  MODEL_DIRECTORY: {
    ...predictionEnvironment.MODEL_DIRECTORY,
    description: "Where trained models are kept; under DATA_DIRECTORY where absent.",
  },
  RECOVERY_IDLE_MS: {
    ...ingestionEnvironment.RECOVERY_IDLE_MS,
    default: 8000,
    description: "Idle time after which a cart is looked at: seconds, for the demo.",
  },
  RECOVERY_MESSAGES_PER_SHOPPER_MAX: {
    ...ingestionEnvironment.RECOVERY_MESSAGES_PER_SHOPPER_MAX,
    default: 100,
  },
  RECOVERY_PROBABILITY_MIN: { ...ingestionEnvironment.RECOVERY_PROBABILITY_MIN, default: 0.3 },
  CART_ABANDONED_AFTER_MS: { ...ingestionEnvironment.CART_ABANDONED_AFTER_MS, default: 60_000 },
});

/** @throws EnvironmentError where a variable is set that would be ignored. `WORKERS=1` is allowed, being the default. */
export function refuseVariables(env: Readonly<Record<string, string | undefined>>): void {
  const problems = Object.entries(refusedVariables).flatMap(([name, reason]) => {
    const given = env[name] || env[`${name}_FILE`];
    const holds = given === undefined || given === "" || (name === "WORKERS" && given === "1");
    return holds ? [] : [{ name, problem: `cannot be set for \`npm start\`: ${reason}` }];
  });
  if (problems.length > 0) throw new EnvironmentError(problems);
}

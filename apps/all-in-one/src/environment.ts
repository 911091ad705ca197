import { providerEnvironment } from "@apps/ai-engine";
import { adminEnvironment } from "@apps/api-gateway";
import { fleetLimitsEnvironment } from "@apps/fleet";
import { defineEnvironment, tracingEnvironment } from "@libs/elysia-server";
import { logLevels } from "@libs/monitoring";

/** Every environment variable that the platform in one process reads. */
export const allInOneEnvironment = defineEnvironment({
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
  ...adminEnvironment,
  GATEWAY_CONFIG: {
    type: "text",
    optional: true,
    description: "A gateway config in place of the platform's own.",
  },
  LOG_LEVEL: {
    type: "choice",
    choices: logLevels,
    default: "warn",
    description: "Least level that is logged.",
  },
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
    description: "Redis in place of what is kept in process.",
  },
  AUTH_SIGNING_SECRET: {
    type: "text",
    secret: true,
    optional: true,
    charsMin: 32,
    description: "Seals the signing keys in the database.",
  },
  CUSTOMER_JWT_SECRET: {
    type: "text",
    secret: true,
    optional: true,
    charsMin: 32,
    description:
      "By which tokens of the fleet's customers are known; made and kept under DATA_DIRECTORY where absent.",
  },
  ADMIN_EMAIL: { type: "text", default: "admin@cartway.local", description: "The first administrator." },
  ADMIN_PASSWORD: {
    type: "text",
    secret: true,
    optional: true,
    charsMin: 10,
    description: "Their password; made and shown once where absent.",
  },
  RECOVERY_ENABLED: {
    type: "boolean",
    default: true,
    description: "Whether idle carts are predicted and written to.",
  },
  RECOVERY_IDLE_MS: {
    type: "integer",
    min: 1000,
    default: 8000,
    description: "Idle time after which a cart is looked at: seconds, for the demo.",
  },
  RECOVERY_PROBABILITY_MIN: {
    type: "number",
    min: 0,
    max: 1,
    default: 0.3,
    description: "Least probability of abandonment that a message is written for.",
  },
  RECOVERY_PERCENT_OFF_MAX: {
    type: "integer",
    min: 0,
    max: 90,
    default: 10,
    description: "Largest discount a message may offer.",
  },
  CART_ABANDONED_AFTER_MS: {
    type: "integer",
    min: 1000,
    default: 60_000,
    description: "A cart without activity for this long is abandoned.",
  },
  ...fleetLimitsEnvironment,
  ...tracingEnvironment,
  ...providerEnvironment,
});

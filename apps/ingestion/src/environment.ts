import { defineEnvironment, serverEnvironment } from "@libs/elysia-server";
import { recoveryDefaults } from "./recovery/recovery-workflow.ts";

/** Every environment variable that ingestion reads. */
export const ingestionEnvironment = defineEnvironment({
  ...serverEnvironment(3001),
  DATABASE_URL: {
    type: "url",
    secret: true,
    description: "PostgreSQL, where cart state is kept.",
    example: "postgres://cartway:secret@127.0.0.1:5432/cartway",
  },
  CLICKHOUSE_URL: {
    type: "url",
    secret: true,
    description: "ClickHouse, where events are kept.",
    example: "http://127.0.0.1:8123",
  },
  REDIS_URL: {
    type: "url",
    secret: true,
    optional: true,
    description: "Redis that the gateway's instances share, for messages to shoppers.",
    example: "redis://127.0.0.1:6379",
  },
  HUB_PUBLISH_URL: {
    type: "url",
    optional: true,
    description: "The gateway's POST /hub/publish, for use without Redis.",
  },
  HUB_PUBLISH_TOKEN: {
    type: "text",
    secret: true,
    optional: true,
    description: "Token for HUB_PUBLISH_URL.",
  },
  PREDICTION_URL: { type: "url", default: "http://127.0.0.1:3002", description: "The prediction service." },
  AI_ENGINE_URL: { type: "url", default: "http://127.0.0.1:3003", description: "The ai-engine service." },
  CART_ABANDONED_AFTER_MS: {
    type: "integer",
    min: 1000,
    default: 1_800_000,
    description: "A cart without activity for this long is abandoned.",
  },
  RECOVERY_ENABLED: {
    type: "boolean",
    default: true,
    description: "Whether idle carts are predicted and written to.",
  },
  RECOVERY_IDLE_MS: {
    type: "integer",
    min: 1000,
    default: 600_000,
    description: "Idle time after which a cart is looked at.",
  },
  RECOVERY_IDLE_MAX_MS: {
    type: "integer",
    min: 1000,
    default: recoveryDefaults.idleMsMax,
    description: "Idle time after which a cart is left alone.",
  },
  RECOVERY_MESSAGES_PER_HOUR_MAX: {
    type: "integer",
    min: 0,
    default: recoveryDefaults.budget.perHourMax,
    description:
      "Most messages that are written within an hour, by all instances together; repeated attempts count.",
  },
  RECOVERY_MESSAGES_PER_SHOPPER_MAX: {
    type: "integer",
    min: 0,
    default: recoveryDefaults.budget.perShopperMax,
    description: "Most messages that are written to one shopper within 24 hours.",
  },
  RECOVERY_PROBABILITY_MIN: {
    type: "number",
    min: 0,
    max: 1,
    default: 0.5,
    description: "Least probability of abandonment that a message is written for.",
  },
  RECOVERY_PERCENT_OFF_MAX: {
    type: "integer",
    min: 0,
    max: 90,
    default: 10,
    description: "Largest discount a message may offer.",
  },
});

import { defineEnvironment, serverEnvironment } from "@libs/elysia-server";

/** Every environment variable that prediction reads. */
export const predictionEnvironment = defineEnvironment({
  ...serverEnvironment(3002),
  CLICKHOUSE_URL: {
    type: "url",
    secret: true,
    description: "ClickHouse, where ingestion keeps the events.",
    example: "http://127.0.0.1:8123",
  },
  MODEL_DIRECTORY: {
    type: "text",
    optional: true,
    description: "Where trained models are kept; in memory where absent.",
  },
  TRAIN_EVERY_MS: {
    type: "integer",
    min: 0,
    max: 2_147_483_647,
    default: 86_400_000,
    description: "How often a new model is trained on the events; 0 for on request only.",
  },
});

import { defineEnvironment, serverEnvironment } from "@libs/elysia-server";
import { adminEnvironment } from "./admin/admin-environment.ts";

/** Every environment variable that the gateway reads. */
export const gatewayEnvironment = defineEnvironment({
  ...serverEnvironment(3000),
  ...adminEnvironment,
  WORKERS: {
    type: "text",
    default: "1",
    description:
      "How many processes share the port, 1 to 128, or auto: one a core. `--workers` wins over it.",
  },
  GATEWAY_CONFIG: {
    type: "text",
    default: "gateway.yaml",
    description: "Path of the config file; `--config` wins over it.",
  },
  GATEWAY_ENV: {
    type: "text",
    optional: true,
    description: "With `prod`, gateway.prod.yaml is laid over gateway.yaml.",
  },
  DATABASE_URL: {
    type: "url",
    secret: true,
    optional: true,
    description:
      "PostgreSQL, where users, sessions and keys are kept. Without it the gateway has none of its own.",
  },
  REDIS_URL: {
    type: "url",
    secret: true,
    optional: true,
    description: "Redis, for limits shared by all instances.",
  },
  AUTH_ISSUER: {
    type: "text",
    default: "cartway",
    description: "Issuer of the platform's tokens, the same on all instances.",
  },
  AUTH_SIGNING_SECRET: {
    type: "text",
    secret: true,
    optional: true,
    charsMin: 32,
    description: "Seals the signing keys in the database, at least 32 characters.",
  },
  AUTH_REFRESH_GRACE_MS: {
    type: "integer",
    default: 0,
    min: 0,
    max: 60_000,
    description:
      "How long a used refresh token is exchanged again, for a client that did not receive the answer; 0 for never.",
  },
  CUSTOMER_JWT_SECRET: {
    type: "text",
    secret: true,
    optional: true,
    charsMin: 32,
    description:
      "What gateway.yaml refers to for the tokens of the fleet's customers; other configs name their own.",
  },
  ADMIN_EMAIL: {
    type: "text",
    default: "admin@cartway.local",
    description: "The first administrator, created if there is no user yet.",
  },
  ADMIN_PASSWORD: {
    type: "text",
    secret: true,
    optional: true,
    charsMin: 10,
    description: "The password of the first administrator; one is made and shown once where absent.",
  },
});

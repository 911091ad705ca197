import { defineEnvironment, serverEnvironment } from "@libs/elysia-server";

/** Every environment variable that the gateway reads. */
export const gatewayEnvironment = defineEnvironment({
  ...serverEnvironment(3000),
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
});

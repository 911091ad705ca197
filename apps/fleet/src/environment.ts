import { defineEnvironment, serverEnvironment } from "@libs/elysia-server";

/** Every environment variable that the fleet service reads. */
export const fleetEnvironment = defineEnvironment({
  ...serverEnvironment(3004),
  DATABASE_URL: { type: "url", secret: true, description: "PostgreSQL, where devices are kept." },
  ACTIVATION_CODE_LIFE_MS: {
    type: "integer",
    min: 60_000,
    max: 2_592_000_000,
    default: 86_400_000,
    description: "How long an activation code can be used.",
  },
});

import { type Static, Type } from "@sinclair/typebox";
import { milliseconds } from "../../model/config/milliseconds.ts";

export const healthSchema = Type.Object(
  {
    path: Type.String({
      pattern: "^/",
      default: "/healthz",
      description: "Path that answers 2xx while the target is healthy.",
    }),
    intervalMs: milliseconds("Between two checks of a target, ±20 %.", { default: 5000 }),
    timeoutMs: milliseconds("For one check.", { default: 2000 }),
    rise: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 2,
      description: "Consecutive successes until a target is healthy again.",
    }),
    fall: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "Consecutive failures until a target is unhealthy.",
    }),
  },
  { additionalProperties: false, description: "Active checks of every target." },
);

export type HealthSettings = Static<typeof healthSchema>;

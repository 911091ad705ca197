import { type Static, Type } from "@sinclair/typebox";
import { milliseconds } from "../../model/milliseconds.ts";

export const healthSchema = Type.Object(
  {
    path: Type.String({
      pattern: "^/",
      default: "/healthz",
      description: "Answers 2xx while the target is well.",
    }),
    intervalMs: milliseconds("Between two checks of a target, ±20 %.", { default: 5000 }),
    timeoutMs: milliseconds("For one check.", { default: 2000 }),
    rise: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 2,
      description: "Successes until a target is well again.",
    }),
    fall: Type.Integer({
      minimum: 1,
      maximum: 100,
      default: 3,
      description: "Failures until a target is taken out.",
    }),
  },
  { additionalProperties: false, description: "Active checks of every target." },
);

export type HealthSettings = Static<typeof healthSchema>;

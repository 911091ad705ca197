import { type Static, Type } from "@sinclair/typebox";
import { callerKeyPart } from "../caller-key.ts";

const strict = { additionalProperties: false } as const;

const rollback = Type.Object(
  {
    windowMs: Type.Integer({
      minimum: 1000,
      maximum: 3_600_000,
      default: 60_000,
      description: "The answers of so long are compared. Milliseconds.",
    }),
    samplesMin: Type.Integer({
      minimum: 10,
      maximum: 1_000_000,
      default: 50,
      description: "Answers of either service in that time; with fewer nothing is decided.",
    }),
    failureMargin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.005,
      description:
        "By how much the share of its answers that fail (5xx, or none) may be above that of the route's own service.",
    }),
    slowFactor: Type.Number({
      minimum: 1,
      maximum: 100,
      default: 1.5,
      description:
        "An answer is slow that takes so many times as long as 95 of 100 of the route's own service's.",
    }),
    slowMargin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.05,
      description: "By how much the share of its slow answers may be above that of the route's own service.",
    }),
  },
  {
    ...strict,
    description:
      "Takes its share back where it fails more, or is slower, than the route's own service at the same time. What is not certain changes nothing.",
  },
);

export const canarySchema = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "The name of the service that is tried out." }),
    percent: Type.Number({
      minimum: 0,
      maximum: 100,
      default: 0,
      description: "Of the callers: they get it. Who gets it keeps it while the share grows.",
    }),
    by: Type.Array(callerKeyPart, {
      default: ["user"],
      minItems: 1,
      maxItems: 4,
      description: "What tells callers apart. Strangers are told apart by their address.",
    }),
    header: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9-]+$",
        maxLength: 64,
        description:
          "Who sends it with the value `always` gets the service that is tried out, with `never` the route's own. Other values say nothing.",
      }),
    ),
    rollback: Type.Optional(rollback),
  },
  { ...strict, description: "Sends a share of the callers to another service." },
);

export type CanaryConfig = Static<typeof canarySchema>;
export type RollbackConfig = Static<typeof rollback>;

import { type Static, Type } from "@sinclair/typebox";
import { callerKeyPart } from "../caller-key.ts";

const strict = { additionalProperties: false } as const;

const rollback = Type.Object(
  {
    windowMs: Type.Integer({
      minimum: 1000,
      maximum: 3_600_000,
      default: 60_000,
      description: "Length of the window of answers that are compared. Milliseconds.",
    }),
    samplesMin: Type.Integer({
      minimum: 10,
      maximum: 1_000_000,
      default: 50,
      description: "Least answers of each service in the window; with fewer nothing is decided.",
    }),
    failureMargin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.005,
      description:
        "How far its failure rate (5xx, or no answer) may be above that of the route's own service.",
    }),
    slowFactor: Type.Number({
      minimum: 1,
      maximum: 100,
      default: 1.5,
      description:
        "An answer is slow if it takes this many times the 95th percentile of the route's own service.",
    }),
    slowMargin: Type.Number({
      minimum: 0,
      maximum: 1,
      default: 0.05,
      description: "How far its share of slow answers may be above that of the route's own service.",
    }),
  },
  {
    ...strict,
    description:
      "Rolls the canary back when it fails more, or is slower, than the route's own service over the same time, with statistical certainty.",
  },
);

export const canarySchema = Type.Object(
  {
    service: Type.String({ minLength: 1, description: "The name of the canary service." }),
    percent: Type.Number({
      minimum: 0,
      maximum: 100,
      default: 0,
      description:
        "Share of the callers that get the canary. Assignment is stable: they keep it while the share grows.",
    }),
    by: Type.Array(callerKeyPart, {
      default: ["user"],
      minItems: 1,
      maxItems: 4,
      description: "What identifies a caller; the address of unauthenticated ones.",
    }),
    header: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9-]+$",
        maxLength: 64,
        description:
          "With the value `always` the caller gets the canary, with `never` the route's own service; other values are ignored.",
      }),
    ),
    rollback: Type.Optional(rollback),
  },
  { ...strict, description: "Sends a share of the callers to another service." },
);

export type CanaryConfig = Static<typeof canarySchema>;
export type RollbackConfig = Static<typeof rollback>;

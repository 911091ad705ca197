import { type Static, Type } from "@sinclair/typebox";
import { milliseconds } from "../../model/config/milliseconds.ts";

const strict = { additionalProperties: false } as const;

function breaker(description: string) {
  return Type.Object(
    {
      failuresInARow: Type.Integer({
        minimum: 0,
        maximum: 10_000,
        default: 0,
        description: "Consecutive failures that open it; 0 for never.",
      }),
      failureRate: Type.Object(
        {
          ratioMax: Type.Number({
            minimum: 0,
            maximum: 1,
            default: 0.5,
            description: "A larger share of failures opens it; 1 for never.",
          }),
          windowMs: milliseconds("How far back requests count.", { default: 10_000, minimum: 100 }),
          requestsMin: Type.Integer({
            minimum: 1,
            maximum: 1_000_000,
            default: 20,
            description: "Requests in the window before the rate counts.",
          }),
        },
        { ...strict, default: {}, description: "The share of failures over a sliding window." },
      ),
      openMs: milliseconds("How long it refuses before it admits probes.", { default: 10_000 }),
      openMsMax: milliseconds("Each consecutive opening lasts twice as long, up to this.", {
        default: 60_000,
      }),
      probes: Type.Integer({
        minimum: 1,
        maximum: 1000,
        default: 3,
        description: "Requests admitted as probes, all of which must succeed for it to close.",
      }),
    },
    { ...strict, description },
  );
}

/** A failure is no answer, or one of 5xx. */
export const breakerSchema = Type.Object(
  {
    service: Type.Optional(
      breaker("For the service as a whole: while it is open, requests are refused with 503 and Retry-After."),
    ),
    target: Type.Optional(breaker("For each target by itself: while it is open, requests go to the others.")),
  },
  { ...strict, description: "Circuit breakers: stop sending to what keeps failing." },
);

export type BreakerSettings = Static<ReturnType<typeof breaker>>;

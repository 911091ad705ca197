import { type Static, Type } from "@sinclair/typebox";
import { milliseconds } from "../../model/config/milliseconds.ts";

const strict = { additionalProperties: false } as const;

export const retrySchema = Type.Object(
  {
    attemptsMax: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 1,
      description: "All attempts, the first included; 1 for no retries.",
    }),
    on: Type.Array(Type.Union([Type.Literal("connect"), Type.Integer({ minimum: 400, maximum: 599 })]), {
      default: ["connect", 502, 503, 504],
      maxItems: 32,
      description: "Failures that are worth another attempt: `connect`, or statuses of the answer.",
    }),
    idempotencyKey: Type.Boolean({
      default: false,
      description:
        "Repeats a request with an Idempotency-Key header whatever its method, as the service promises to do it once.",
    }),
    backoff: Type.Object(
      {
        baseMs: milliseconds("Ceiling of the first wait; doubled for each further one.", {
          default: 25,
          minimum: 0,
          maximum: 60_000,
        }),
        maxMs: milliseconds("Ceiling of every wait.", { default: 250, minimum: 0, maximum: 60_000 }),
      },
      { ...strict, default: {}, description: "Waits are random between 0 and their ceiling." },
    ),
    retryAfterMsMax: milliseconds(
      "A target's Retry-After is waited for up to this; where it asks for longer, its answer is the client's at once.",
      { default: 1000, minimum: 0, maximum: 60_000 },
    ),
    budget: Type.Object(
      {
        share: Type.Number({
          minimum: 0,
          maximum: 1,
          default: 0.2,
          description: "Retries and hedges for each request of the last ten seconds.",
        }),
        perSecMin: Type.Integer({
          minimum: 0,
          maximum: 100_000,
          default: 10,
          description: "Retries a second that are allowed however few requests there are.",
        }),
      },
      {
        ...strict,
        default: {},
        description: "How much of the service's load may be retries, so that they never become the outage.",
      },
    ),
  },
  {
    ...strict,
    default: {},
    description:
      "Only requests that are safe to repeat are retried: by default those of an idempotent method, and those of which nothing was sent.",
  },
);

export type RetrySettings = Static<typeof retrySchema>;

import { type Static, Type } from "@sinclair/typebox";
import { callerKeyPart } from "../caller-key.ts";

const name = Type.String({
  description: "Names the window in headers and refusals.",
  pattern: "^[A-Za-z0-9_.-]{1,64}$",
  maxLength: 64,
});

const rate = Type.Object(
  {
    name: Type.Optional(name),
    limit: Type.Number({ description: "Units in the window.", exclusiveMinimum: 0, maximum: 1e12 }),
    windowMs: Type.Integer({ description: "The window.", minimum: 1, maximum: 2_678_400_000 }),
    burst: Type.Optional(
      Type.Number({
        description: "Units that may come at once; the limit where it is missing.",
        minimum: 1,
        maximum: 1e12,
      }),
    ),
  },
  { additionalProperties: false },
);

export const rateLimitSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        description: "Tells several limits of a route apart.",
        pattern: "^[A-Za-z0-9_.-]{1,64}$",
      }),
    ),
    by: Type.Array(callerKeyPart, {
      description:
        "Whom the limit is for; several together make one key. Who lacks a part, such as a user, is counted by address.",
      minItems: 1,
      maxItems: 4,
    }),
    shared: Type.Boolean({
      description: "One budget for all routes that have a limit of this name, instead of one a route.",
      default: false,
    }),
    limit: Type.Optional(
      Type.Number({
        description: "Units per window, for a single limit.",
        exclusiveMinimum: 0,
        maximum: 1e12,
      }),
    ),
    windowMs: Type.Optional(Type.Integer({ description: "Its window.", minimum: 1, maximum: 2_678_400_000 })),
    burst: Type.Optional(
      Type.Number({ description: "Its burst; the limit where it is missing.", minimum: 1, maximum: 1e12 }),
    ),
    limits: Type.Optional(
      Type.Array(rate, {
        description: "Several limits at once: a request takes from all or from none.",
        minItems: 1,
        maxItems: 8,
      }),
    ),
    cost: Type.Number({
      description: "Units a request takes before it is sent.",
      default: 1,
      minimum: 0,
      maximum: 1e9,
    }),
    responseCost: Type.Optional(
      Type.Union(
        [
          Type.Object(
            {
              header: Type.String({
                description: "The response header with the cost, in lower case.",
                pattern: "^[a-z0-9-]+$",
                maxLength: 64,
              }),
            },
            { additionalProperties: false },
          ),
          Type.Literal("bytes"),
        ],
        {
          description:
            "Additional cost of the response, charged afterwards: a number in a header of the service, or the bytes of its body.",
        },
      ),
    ),
    weights: Type.Record(Type.String({ maxLength: 64 }), Type.Number({ exclusiveMinimum: 0, maximum: 1e6 }), {
      description:
        "Share of each plan: { gold: 10 } allows ten times as much. A key's own weight counts besides.",
      default: {},
    }),
    planClaim: Type.Optional(
      Type.String({
        description: "The claim that names the plan, where the identity does not.",
        minLength: 1,
        maxLength: 256,
      }),
    ),
    store: Type.Union([Type.Literal("in-process"), Type.Literal("redis"), Type.Literal("redis-leases")], {
      description:
        "Where budgets are kept: in this process; in Redis, exact over all instances; or leased from Redis in slices.",
      default: "in-process",
    }),
    lease: Type.Object(
      {
        share: Type.Number({
          description: "Part of the burst that an instance leases: the overshoot bound of each.",
          default: 0.05,
          exclusiveMinimum: 0,
          maximum: 1,
        }),
        leaseMs: Type.Integer({
          description: "Time after which an unused slice is given back.",
          default: 1000,
          minimum: 10,
          maximum: 60_000,
        }),
      },
      { additionalProperties: false, default: {}, description: "For redis-leases." },
    ),
    onStoreError: Type.Optional(
      Type.Union([Type.Literal("deny"), Type.Literal("allow"), Type.Literal("local")], {
        description:
          "While Redis is away: refuse all with 503, let all pass, or limit in this process. Must be said where Redis is used.",
      }),
    ),
    storeTimeoutMs: Type.Integer({
      description: "Longest wait for Redis.",
      default: 100,
      minimum: 1,
      maximum: 10_000,
    }),
    keysMax: Type.Integer({
      description: "Buckets in this process at most.",
      default: 100_000,
      minimum: 2,
      maximum: 10_000_000,
    }),
    headers: Type.Union(
      [Type.Literal("draft"), Type.Literal("legacy"), Type.Literal("both"), Type.Literal("none")],
      {
        description: "RateLimit and RateLimit-Policy (IETF draft 10), X-RateLimit-*, both, or none.",
        default: "draft",
      },
    ),
    dryRun: Type.Boolean({
      description: "Counts what it would refuse, and refuses nothing.",
      default: false,
    }),
  },
  { additionalProperties: false, description: "Bounds how much a caller may ask for." },
);

export type RateLimitConfig = Static<typeof rateLimitSchema>;

/** The same for frames of sockets: each costs one unit, and there is no answer for headers. */
export const frameLimitSchema = Type.Omit(rateLimitSchema, ["cost", "responseCost", "headers"], {
  additionalProperties: false,
  description: "Bounds how many frames a caller may send to services, over all its connections.",
});

export type FrameLimitConfig = Static<typeof frameLimitSchema>;

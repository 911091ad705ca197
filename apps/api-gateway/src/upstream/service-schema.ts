import { type Static, Type } from "@sinclair/typebox";
import type { TypedEntry } from "../model/typed-entry.ts";

const strict = { additionalProperties: false } as const;

function milliseconds(description: string, defaultMs: number, maximum = 3_600_000) {
  return Type.Integer({
    minimum: 0,
    maximum,
    default: defaultMs,
    description: `${description} Milliseconds.`,
  });
}

export const timeoutsSchema = Type.Object(
  {
    connectMs: milliseconds("To open a connection.", 1000),
    firstByteMs: milliseconds("From the request sent to the first byte of the answer.", 15_000),
    idleMs: milliseconds("Between two bytes, either way.", 60_000),
    totalMs: milliseconds("For everything, retries included; 0 for none, as streams need.", 0),
  },
  { ...strict, default: {}, description: "How long each step may take." },
);

const retrySchema = Type.Object(
  {
    attemptsMax: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 1,
      description: "All attempts, the first included.",
    }),
    on: Type.Array(Type.Union([Type.Literal("connect"), Type.Integer({ minimum: 400, maximum: 599 })]), {
      default: ["connect", 502, 503, 504],
      maxItems: 32,
      description: "Failures that are worth another attempt: `connect`, or statuses of the answer.",
    }),
    backoff: Type.Object(
      {
        baseMs: milliseconds("Ceiling of the first wait; doubled for each further one.", 25, 60_000),
        maxMs: milliseconds("Ceiling of every wait.", 250, 60_000),
      },
      { ...strict, default: {}, description: "Waits are random between 0 and their ceiling." },
    ),
  },
  { ...strict, default: {}, description: "Only what is safe to repeat is repeated: see is-replay-safe.ts." },
);

const healthSchema = Type.Object(
  {
    path: Type.String({
      pattern: "^/",
      default: "/healthz",
      description: "Answers 2xx while the target is well.",
    }),
    intervalMs: milliseconds("Between two checks of a target, ±20 %.", 5000),
    timeoutMs: milliseconds("For one check.", 2000),
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
  { ...strict, description: "Active checks of every target." },
);

/** The fields of a service beside `discovery` and `balancer`, which the registries give. */
export const serviceFields = {
  timeouts: timeoutsSchema,
  retry: retrySchema,
  health: Type.Optional(healthSchema),
  connectionsMax: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 512,
    description: "Requests in flight to each target; more are refused with 503.",
  }),
} as const;

const fieldsSchema = Type.Object(serviceFields);

/** A service as the config describes it, defaults filled in. */
export type ServiceDefinition = Static<typeof fieldsSchema> & {
  /** An entry of `discovery/registry.ts`. */
  readonly discovery: TypedEntry;
  /** An entry of `upstream/balancing/registry.ts`. */
  readonly balancer: TypedEntry;
};

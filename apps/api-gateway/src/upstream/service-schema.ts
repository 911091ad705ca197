import { type Static, Type } from "@sinclair/typebox";
import type { TypedEntry } from "../model/config/typed-entry.ts";
import { healthSchema } from "./health/health-schema.ts";
import { milliseconds } from "../model/config/milliseconds.ts";
import { breakerSchema } from "./resilience/breaker-schema.ts";
import { outliersSchema } from "./resilience/outlier-schema.ts";
import { fallbackSchema } from "./sending/fallback-schema.ts";
import { retrySchema } from "./sending/retry-schema.ts";
import { protocolSchema, upstreamTlsSchema } from "./transport.ts";

const strict = { additionalProperties: false } as const;

export const timeoutsSchema = Type.Object(
  {
    connectMs: milliseconds("To open a connection.", { default: 1000 }),
    firstByteMs: milliseconds("From the request sent to the first byte of the answer.", { default: 15_000 }),
    idleMs: milliseconds("Between two bytes of a body, either way.", {
      default: 60_000,
      maximum: 86_400_000,
    }),
    totalMs: milliseconds("For everything, retries included; 0 for none, as streams need.", {
      default: 0,
      minimum: 0,
    }),
  },
  { ...strict, default: {}, description: "How long each step may take." },
);

const hedgeSchema = Type.Object(
  {
    afterMs: milliseconds("How long to wait for an answer before the second target is asked.", {
      default: 100,
    }),
  },
  {
    ...strict,
    description:
      "Asks a second target when the first is slow, where the method is idempotent; the better answer counts. Counts against the retry budget.",
  },
);

/** The fields of a service beside `discovery` and `balancer`, which the registries give. */
export const serviceFields = {
  protocol: protocolSchema,
  tls: Type.Optional(upstreamTlsSchema),
  timeouts: timeoutsSchema,
  retry: retrySchema,
  hedge: Type.Optional(hedgeSchema),
  fallback: Type.Optional(fallbackSchema),
  breaker: Type.Optional(breakerSchema),
  outliers: Type.Optional(outliersSchema),
  health: Type.Optional(healthSchema),
  slowStartMs: milliseconds(
    "A new or returning target ramps up to its full share over this time; 0 for at once.",
    { default: 0, minimum: 0 },
  ),
  panicShare: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0,
    description:
      "Panic threshold: with a smaller share of usable targets of one priority all of that priority are used, since the checks are more likely wrong than the targets. 0 for never.",
  }),
  subsetSize: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 100_000,
      description:
        "Uses only so many targets of each priority and zone, drawn anew by every process: with many targets not each needs a connection from every gateway and its health checks. All where absent. Not for consistent-hash.",
    }),
  ),
  connectionsMax: Type.Integer({
    minimum: 1,
    maximum: 65_535,
    default: 512,
    description:
      "Requests in flight to each target; further ones go to other targets, and are refused with 503 if all are full.",
  }),
  inFlightMax: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      description:
        "Requests in flight to the whole service; more are refused with 503. Unbounded where absent.",
    }),
  ),
} as const;

const fieldsSchema = Type.Object(serviceFields);

/** A service as the config describes it, defaults filled in. */
export type ServiceDefinition = Static<typeof fieldsSchema> & {
  /** An entry of `discovery/registry.ts`. */
  readonly discovery: TypedEntry;
  /** An entry of `upstream/balancing/registry.ts`. */
  readonly balancer: TypedEntry;
};

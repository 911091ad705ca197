import { type Static, Type } from "@sinclair/typebox";
import { callerKeyPart } from "../caller-key.ts";

const priority = { minimum: 0, maximum: 9 } as const;

const adaptive = Type.Object(
  {
    initial: Type.Integer({ minimum: 1, maximum: 100_000, default: 20, description: "The initial limit." }),
    min: Type.Integer({ minimum: 1, maximum: 100_000, default: 4, description: "The lowest limit." }),
    max: Type.Integer({ minimum: 1, maximum: 100_000, default: 1000, description: "The highest limit." }),
    windowMs: Type.Integer({
      minimum: 20,
      maximum: 60_000,
      default: 200,
      description: "Window over which answers are measured. Milliseconds.",
    }),
    tolerance: Type.Number({
      minimum: 1.05,
      maximum: 10,
      default: 1.5,
      description: "How much slower than its best a service may be before the limit is lowered.",
    }),
    probeMs: Type.Integer({
      minimum: 1000,
      maximum: 3_600_000,
      default: 60_000,
      description: "How often the limit is halved for a moment to see the service at its best. Milliseconds.",
    }),
  },
  { additionalProperties: false, description: "Adapts the limit to how long answers take." },
);

export const queueSchema = Type.Object(
  {
    name: Type.Optional(
      Type.String({
        pattern: "^[a-z0-9][a-z0-9_.-]{0,63}$",
        description:
          "Routes with the same name share one queue, and MUST set `concurrency` or `adaptive` and the waiting bounds alike; a queue of the route's own where absent.",
      }),
    ),
    concurrency: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 100_000,
        description: "Requests in flight at most, up to the end of their answers.",
      }),
    ),
    adaptive: Type.Optional(adaptive),
    waitingMax: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 1000,
      description: "Requests that may wait; beyond it the last one of the longest queue is refused with 503.",
    }),
    waitingPerTenantMax: Type.Integer({
      minimum: 0,
      maximum: 1_000_000,
      default: 250,
      description: "Of one tenant; more of its requests are refused with 429.",
    }),
    waitMaxMs: Type.Integer({
      minimum: 1,
      maximum: 600_000,
      default: 2000,
      description: "Longest wait; then 503. Milliseconds.",
    }),
    by: Type.Array(callerKeyPart, {
      minItems: 1,
      maxItems: 4,
      default: ["tenant"],
      description: "Who takes turns; callers without a tenant are identified by address.",
    }),
    priority: Type.Integer({
      ...priority,
      default: 5,
      description: "Priority of this route in its queue; higher ones always go first.",
    }),
    priorities: Type.Record(Type.String({ maxLength: 64 }), Type.Integer(priority), {
      default: {},
      description: "Priorities by the plan of the caller's credential, in place of the route's.",
    }),
  },
  {
    additionalProperties: false,
    description: "Holds back what would be too much at once, in fair turns, for a bounded time.",
  },
);

export type QueueConfig = Static<typeof queueSchema>;

import { type Static, Type } from "@sinclair/typebox";

const strict = { additionalProperties: false } as const;

export const fallbackSchema = Type.Object(
  {
    on: Type.Array(Type.Union([Type.Literal("no-answer"), Type.Integer({ minimum: 500, maximum: 599 })]), {
      default: ["no-answer", 502, 503, 504],
      minItems: 1,
      maxItems: 32,
      description:
        "When it is used: `no-answer` (no target, a breaker that is open, no room, a failure), or statuses of the answer.",
    }),
    service: Type.Optional(
      Type.String({
        description:
          "Another service that gets the request instead, where it is safe to send again, by the rule for retries.",
      }),
    ),
    respond: Type.Optional(
      Type.Object(
        {
          status: Type.Integer({ minimum: 200, maximum: 599, default: 200, description: "Of the answer." }),
          body: Type.Unknown({ description: "Any JSON value." }),
        },
        { ...strict, description: "A fixed JSON answer, also where the other service failed as well." },
      ),
    ),
  },
  { ...strict, description: "What a client gets when the service has no good answer, after all retries." },
);

export type FallbackSettings = Static<typeof fallbackSchema>;

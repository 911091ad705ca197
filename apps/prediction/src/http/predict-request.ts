import { type Static, Type } from "@sinclair/typebox";
import { monthNumber } from "../features/read-csv.ts";
import type { SessionFacts } from "../features/session-facts.ts";

const strict = { additionalProperties: false } as const;
const identifier = Type.String({ minLength: 1, maxLength: 128 });
const group = Type.Object(
  { pages: Type.Number({ minimum: 0, maximum: 1e6 }), seconds: Type.Number({ minimum: 0, maximum: 1e9 }) },
  strict,
);
const code = Type.Integer({ minimum: 0, maximum: 10_000 });

/** A description of a visit, given instead of its events. */
const GivenFeatures = Type.Object(
  {
    administrative: Type.Optional(group),
    informational: Type.Optional(group),
    product: Type.Optional(group),
    bounceRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    exitRate: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    pageValue: Type.Optional(Type.Number({ minimum: 0, maximum: 1e9 })),
    specialDay: Type.Optional(Type.Number({ minimum: 0, maximum: 1 })),
    month: Type.Optional(Type.String({ pattern: "^[A-Z][a-z]{2,8}$", description: "Nov, for instance." })),
    operatingSystem: Type.Optional(code),
    browser: Type.Optional(code),
    region: Type.Optional(code),
    trafficType: Type.Optional(code),
    visitorType: Type.Optional(
      Type.Union([Type.Literal("new"), Type.Literal("returning"), Type.Literal("other")]),
    ),
    weekend: Type.Optional(Type.Boolean()),
  },
  { ...strict, title: "GivenFeatures" },
);

export const PredictRequest = Type.Union(
  [
    Type.Object({ sessionId: identifier, cartId: Type.Optional(identifier) }, strict),
    Type.Object({ cartId: identifier }, strict),
    Type.Object({ features: GivenFeatures }, strict),
  ],
  { title: "PredictRequest", description: "one of { sessionId, cartId? }, { cartId } and { features }" },
);

export type PredictRequestBody = Static<typeof PredictRequest>;

const none = { pages: 0, seconds: 0 };

/** Facts from the given features; missing ones are zero, or the current date. `null` where the month is invalid. */
export function factsOf(given: Static<typeof GivenFeatures>, now: Date): SessionFacts | null {
  const month = given.month === undefined ? now.getUTCMonth() + 1 : monthNumber(given.month);
  if (month === null) return null;
  return {
    administrative: given.administrative ?? none,
    informational: given.informational ?? none,
    product: given.product ?? none,
    bounceRate: given.bounceRate ?? 0,
    exitRate: given.exitRate ?? 0,
    pageValue: given.pageValue ?? 0,
    specialDay: given.specialDay ?? 0,
    month,
    operatingSystem: given.operatingSystem ?? 0,
    browser: given.browser ?? 0,
    region: given.region ?? 0,
    trafficType: given.trafficType ?? 0,
    visitorType: given.visitorType ?? "returning",
    weekend: given.weekend ?? now.getUTCDay() % 6 === 0,
  };
}

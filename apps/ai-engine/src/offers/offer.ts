import { type Static, Type } from "@sinclair/typebox";

/** The most that a message may promise; what is absent must not be promised at all. */
export const IncentiveLimits = Type.Object(
  {
    maxPercentOff: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 90, description: "Largest discount in percent." }),
    ),
    maxAmountOffMinor: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 1e9, description: "Largest discount in the minor unit." }),
    ),
    freeShipping: Type.Optional(Type.Boolean({ description: "Whether free shipping may be offered." })),
    code: Type.Optional(
      Type.String({ pattern: "^[A-Z0-9_-]{2,32}$", description: "Code that redeems the offer." }),
    ),
  },
  { additionalProperties: false },
);

export type IncentiveLimitsValue = Static<typeof IncentiveLimits>;

/** What a message promises. Decided by code, never by a model. */
export interface Offer {
  readonly percentOff: number;
  readonly amountOffMinor: number;
  readonly freeShipping: boolean;
  readonly code: string | null;
}

export const noOffer: Offer = { percentOff: 0, amountOffMinor: 0, freeShipping: false, code: null };

/** The offer within the limits: one kind of discount, the larger one for this cart, and free shipping if allowed. */
export function decideOffer(limits: IncentiveLimitsValue, cartValueMinor: number): Offer {
  const percentOff = limits.maxPercentOff ?? 0;
  const amountOffMinor = Math.min(limits.maxAmountOffMinor ?? 0, cartValueMinor);
  const byPercentMinor = Math.floor((cartValueMinor * percentOff) / 100);
  const isPercent = byPercentMinor >= amountOffMinor;
  const offer = {
    percentOff: isPercent ? percentOff : 0,
    amountOffMinor: isPercent ? 0 : amountOffMinor,
    freeShipping: limits.freeShipping ?? false,
  };
  const isAnything = offer.percentOff > 0 || offer.amountOffMinor > 0 || offer.freeShipping;
  return { ...offer, code: isAnything ? (limits.code ?? null) : null };
}

/** What exceeds the limits in a declared offer; `null` where it is within them. The code MUST match exactly. */
export function findBeyondLimit(made: Offer, limit: Offer): string | null {
  if (made.percentOff > limit.percentOff) return `percentOff is at most ${limit.percentOff}`;
  if (made.amountOffMinor > limit.amountOffMinor) return `amountOffMinor is at most ${limit.amountOffMinor}`;
  if (made.percentOff > 0 && made.amountOffMinor > 0) return "either percentOff or amountOffMinor is 0";
  if (made.freeShipping && !limit.freeShipping) return "freeShipping is not offered";
  const isAnything = made.percentOff > 0 || made.amountOffMinor > 0 || made.freeShipping;
  const code = isAnything ? limit.code : null;
  return made.code === code ? null : `code is ${code ?? "null"}`;
}

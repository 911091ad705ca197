import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { findBeyondLimit, type Offer } from "./offer.ts";

/** The line that a model writes before its message: the offer it is going to make, checked before any text is shown. */
export function offerLine(offer: Offer): string {
  return `Offer: ${JSON.stringify(offer)}`;
}

const DeclaredOffer = Type.Object(
  {
    percentOff: Type.Integer({ minimum: 0, maximum: 90 }),
    amountOffMinor: Type.Integer({ minimum: 0, maximum: 1e9 }),
    freeShipping: Type.Boolean(),
    code: Type.Union([Type.String({ maxLength: 32 }), Type.Null()]),
  },
  { additionalProperties: false },
);

export type Declared = { readonly offer: Offer } | { readonly problem: string };

/** @param line the text after `Offer:`; `null` where the model wrote none. */
export function readDeclaredOffer(line: string | null, limit: Offer): Declared {
  if (line === null) return { problem: 'the first line is not "Offer: " with the offer as JSON' };
  const value = parseJson(line.trim().replaceAll(/^[`*]+|[`*]+$/g, ""));
  if (!Value.Check(DeclaredOffer, value))
    return { problem: "the offer in the first line is not of the shape that was given" };
  const beyond = findBeyondLimit(value, limit);
  return beyond === null
    ? { offer: value }
    : { problem: `the offer in the first line is not within its limits: ${beyond}` };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    if (thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

import { describe, expect, test } from "bun:test";
import { offerLine, readDeclaredOffer } from "./declared-offer.ts";
import { decideOffer, noOffer, type Offer } from "./offer.ts";

test("the offer is the larger discount within the limits, and never exceeds the cart", () => {
  expect(decideOffer({ maxPercentOff: 10, maxAmountOffMinor: 300 }, 10_000)).toMatchObject({
    percentOff: 10,
    amountOffMinor: 0,
  });
  expect(decideOffer({ maxPercentOff: 10, maxAmountOffMinor: 300 }, 1000)).toMatchObject({
    percentOff: 0,
    amountOffMinor: 300,
  });
  expect(decideOffer({ maxAmountOffMinor: 900 }, 500)).toMatchObject({ amountOffMinor: 500 });
  expect(decideOffer({ code: "X1" }, 500)).toEqual(noOffer);
});

describe("a discount declared by a model", () => {
  const limit: Offer = { percentOff: 10, amountOffMinor: 0, freeShipping: false, code: "BACK10" };
  const declare = (made: object, within = limit) =>
    readDeclaredOffer(JSON.stringify({ ...limit, ...made }), within);

  test("is accepted up to the limit", () => {
    expect(declare({})).toEqual({ offer: limit });
    expect(declare({ percentOff: 5 })).toEqual({ offer: { ...limit, percentOff: 5 } });
    expect(declare({ percentOff: 0, code: null })).toEqual({ offer: noOffer });
    expect(readDeclaredOffer(offerLine(limit).replace("Offer: ", " `") + "` ", limit)).toEqual({
      offer: limit,
    });
  });

  const beyond: [string, object][] = [
    ["a larger percentage", { percentOff: 11 }],
    ["an amount where none is offered", { amountOffMinor: 1 }],
    ["free shipping where it is not offered", { freeShipping: true }],
    ["another code", { code: "FREE99" }],
    ["no code where one redeems it", { code: null }],
    ["a code with nothing to redeem", { percentOff: 0 }],
    ["a negative percentage", { percentOff: -10 }],
    ["half a percent", { percentOff: 9.5 }],
    ["a figure in words", { percentOff: "ten" }],
    ["a field of its own", { gift: "mug" }],
  ];
  test.each(beyond)("is refused with its reason: %s", (_, made) => {
    expect(declare(made)).toHaveProperty("problem");
  });

  test("is refused with both kinds of discount, even if each is within the limit", () => {
    const both = { ...limit, amountOffMinor: 500 };
    expect(declare({ amountOffMinor: 500 }, both)).toHaveProperty("problem");
  });

  test("is refused if it is missing or not JSON", () => {
    for (const line of [null, "", "10%", "{", "[]", "null"])
      expect(readDeclaredOffer(line, limit)).toHaveProperty("problem");
  });
});

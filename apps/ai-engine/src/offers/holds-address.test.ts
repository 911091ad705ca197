import { expect, test } from "bun:test";
import { holdsAddress } from "./holds-address.ts";

test.each([
  "https://evil.example",
  "www.evil",
  "evil.com",
  "evil.ru",
  "Evil.CO.UK",
  "shop-evil.de",
  "t.me/evil",
  "bit.ly",
  "evil.photography/mug",
  "evil。xyz",
  "evil．xyz",
  "evil dot com",
  "evil punkt com",
  "evil . com",
])("an address is found: %s", (text) => {
  expect(holdsAddress(`Your cart is at ${text} now`)).toBe(true);
});

test.each([
  "No.7 serum",
  "Three.jsx",
  "Dr.Martens boots",
  "e.g. a mug",
  "z.B. eine Tasse",
  "0.5l",
  "It waits. So do we.",
  "the point of it",
])("no address is found: %s", (text) => {
  expect(holdsAddress(text)).toBe(false);
});

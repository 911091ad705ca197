import { describe, expect, test } from "bun:test";
import { parseEvent } from "./parse-event.ts";

const now = Date.parse("2026-11-21T10:00:00Z");
const view = { id: "e-1", type: "view_page", sessionId: "s-1" };
const add = {
  ...view,
  type: "add_to_cart",
  cartId: "c-1",
  currency: "EUR",
  items: [{ sku: "A", quantity: 1, priceMinor: 1999 }],
};

function named(name: string): object {
  return { ...add, items: [{ sku: "A", quantity: 1, priceMinor: 1999, name }] };
}

function messageOf(value: unknown): string {
  const parsed = parseEvent(value, now);
  return parsed.ok ? "accepted" : parsed.rejection.message;
}

test("a complete event is accepted with its time and all fields", () => {
  const event = {
    ...add,
    shopperId: "u-1",
    occurredAt: "2026-11-21T09:59:00.000Z",
    page: { kind: "product", durationMs: 1200, bounceRate: 0.01, exitRate: 0.02, value: 3.5 },
    context: { visitorType: "returning", trafficType: 2, month: "Nov", weekend: false },
  };
  expect(parseEvent(event, now)).toMatchObject({
    ok: true,
    event: { occurredAtMs: now - 60_000, cartId: "c-1" },
  });
});

test("an event without a time gets its time of arrival", () => {
  expect(parseEvent(view, now)).toMatchObject({ ok: true, event: { occurredAtMs: now } });
});

test("an event from a clock that is ahead gets its time of arrival", () => {
  const event = { ...view, occurredAt: "2026-11-21T10:03:00.000Z" };
  expect(parseEvent(event, now)).toMatchObject({ ok: true, event: { occurredAtMs: now } });
});

test("equal content has equal hashes, different content different ones", () => {
  const hash = (value: unknown) => {
    const parsed = parseEvent(value, now);
    return parsed.ok ? parsed.event.contentHash : null;
  };
  expect(hash(structuredClone(add))).toBe(hash(add));
  expect(hash({ ...add, shopperId: "other" })).not.toBe(hash(add));
});

describe("problems are reported by path and expectation", () => {
  const cases: [string, unknown, string][] = [
    ["not an object", 7, "expected an object"],
    ["a list", [], "expected an object"],
    ["null", null, "expected an object"],
    ["no type", { ...view, type: undefined }, "/type"],
    ["an unknown type", { ...view, type: "buy" }, '/type: "buy" is not an event type'],
    ["no session", { ...view, sessionId: undefined }, "/sessionId"],
    ["an id with a space", { ...view, id: "a b" }, "/id"],
    ["an endless id", { ...view, id: "x".repeat(129) }, "/id"],
    ["an unknown field", { ...view, extra: 1 }, "/extra"],
    ["a cart type without a cart", { ...add, cartId: undefined }, "/cartId: add_to_cart needs a cartId"],
    ["a cart type without items", { ...add, items: undefined }, "/items"],
    ["no items at all", { ...add, items: [] }, "/items"],
    ["a name with NUL", named("a\0b"), "/items/0/name: holds NUL"],
    ["half a surrogate pair", named("\ud83d"), "/items/0/name"],
    ["items without a currency", { ...add, currency: undefined }, "/currency"],
    ["a currency's name", { ...add, currency: "Euro" }, "/currency: expected string to match '^[A-Z]{3}$'"],
    ["half a piece", { ...add, items: [{ sku: "A", quantity: 0.5, priceMinor: 1 }] }, "/items/0/quantity"],
    [
      "a price in euros",
      { ...add, items: [{ sku: "A", quantity: 1, priceMinor: 19.99 }] },
      "/items/0/priceMinor",
    ],
    [
      "a negative price",
      { ...add, items: [{ sku: "A", quantity: 1, priceMinor: -1 }] },
      "/items/0/priceMinor",
    ],
    ["no time", { ...view, occurredAt: "yesterday" }, "/occurredAt"],
    ["a time of another decade", { ...view, occurredAt: "1999-01-01T00:00:00Z" }, "/occurredAt"],
    ["a time to come", { ...view, occurredAt: "2027-01-01T00:00:00Z" }, "/occurredAt"],
  ];
  for (const [name, value, message] of cases) {
    test(name, () => expect(messageOf(value)).toContain(message));
  }
});

import { expect, test } from "bun:test";
import { array, assert, constantFrom, integer, property, record } from "fast-check";
import type { EventType } from "../events/cart-event.ts";
import { cartBounds, type CartState, cartValueMinor, emptyCart, foldCart } from "./fold-cart.ts";

let clock = 0;

function fold(...changes: [EventType, ...(readonly [string, number, number])[]][]): CartState {
  return changes.reduce<CartState>((state, [type, ...lines]) => {
    clock += 1;
    const items = lines.map(([sku, quantity, priceMinor]) => ({ sku, quantity, priceMinor }));
    return foldCart(state, [{ type, items, currency: "EUR", occurredAtMs: clock, sequence: clock }]);
  }, emptyCart);
}

test("adding sums up, updating sets, removing subtracts", () => {
  const cart = fold(
    ["add_to_cart", ["a", 1, 100], ["b", 2, 50]],
    ["add_to_cart", ["a", 2, 100]],
    ["update_quantity", ["b", 5, 50]],
    ["remove_from_cart", ["a", 1, 100]],
  );
  expect(cart.items).toEqual([
    { sku: "a", quantity: 2, priceMinor: 100 },
    { sku: "b", quantity: 5, priceMinor: 50 },
  ]);
  expect(cartValueMinor(cart.items)).toBe(450);
});

test("no quantity falls below zero", () => {
  const cart = fold(
    ["add_to_cart", ["a", 1, 100]],
    ["remove_from_cart", ["a", 9, 100]],
    ["remove_from_cart", ["b", 1, 5]],
  );
  expect(cart.items).toEqual([]);
});

test("a cart stays within its bounds, whatever is added", () => {
  const { linesMax, quantityMax, valueMinorMax } = cartBounds;
  const lines = Array.from({ length: linesMax + 1 }, (_, at): [string, number, number] => [
    `s${at}`,
    quantityMax,
    1e12,
  ]);
  const { items } = fold(
    ["add_to_cart", ...lines],
    ["add_to_cart", ...lines],
    ["remove_from_cart", ["none", 1, 1]],
  );
  expect(items).toHaveLength(linesMax);
  expect(Math.max(...items.map(({ quantity }) => quantity))).toBe(quantityMax);
  expect(cartValueMinor(items)).toBe(valueMinorMax);
});

test("the latest price counts", () => {
  expect(fold(["add_to_cart", ["a", 1, 100]], ["add_to_cart", ["a", 1, 80]]).items).toEqual([
    { sku: "a", quantity: 2, priceMinor: 80 },
  ]);
});

test("a purchase ends the cart with what was bought, and adding after it starts a new one", () => {
  const bought = fold(
    ["add_to_cart", ["a", 1, 100]],
    ["start_checkout", ["a", 1, 100]],
    ["purchase", ["a", 1, 90]],
  );
  expect(bought).toMatchObject({
    purchased: true,
    checkoutStarted: true,
    items: [{ sku: "a", priceMinor: 90 }],
  });
  const next = foldCart(bought, [
    {
      type: "add_to_cart",
      items: [{ sku: "b", quantity: 1, priceMinor: 5 }],
      currency: "EUR",
      occurredAtMs: 99,
      sequence: 99,
    },
  ]);
  expect(next).toMatchObject({ purchased: false, checkoutStarted: false, items: [{ sku: "b" }] });
});

test("folding events together gives the same cart as one after the other", () => {
  const line = record({
    sku: constantFrom("a", "b", "c"),
    quantity: integer({ min: 1, max: 3 }),
    priceMinor: integer({ min: 1, max: 9 }),
  });
  const type = constantFrom<EventType>(
    "add_to_cart",
    "remove_from_cart",
    "update_quantity",
    "start_checkout",
    "purchase",
  );
  assert(
    property(array(record({ type, items: array(line, { maxLength: 3 }) })), (events) => {
      const changes = events.map((event, at) => ({
        ...event,
        currency: "EUR",
        occurredAtMs: at,
        sequence: at,
      }));
      const oneByOne = changes.reduce((state, change) => foldCart(state, [change]), emptyCart);
      expect(foldCart(emptyCart, changes)).toEqual(oneByOne);
    }),
  );
});
